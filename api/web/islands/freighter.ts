// Freighter, by its own module.

import { getNetworkDetails, isConnected, requestAccess, signTransaction } from "@stellar/freighter-api";
import { Refused, type Wallet } from "./wallet";

const DECLINED = -4;

function check(error: { code: number; message: string } | undefined): void {
  if (error === undefined) return;
  if (error.code === DECLINED) throw new Refused("declined");
  throw new Refused("wallet", error.message);
}

const freighter: Wallet = {
  async address() {
    if (!(await isConnected()).isConnected) throw new Refused("absent");
    const access = await requestAccess();
    check(access.error);
    return access.address;
  },
  async network() {
    const details = await getNetworkDetails();
    check(details.error);
    return details.networkPassphrase;
  },
  async sign(xdr, address, networkPassphrase) {
    const answer = await signTransaction(xdr, { address, networkPassphrase });
    check(answer.error);
    return { xdr: answer.signedTxXdr, signer: answer.signerAddress };
  },
};

export default freighter;
