// The life of an asset, told with @stellar/stellar-sdk: node story.mjs RPC PASSPHRASE WASM.
// The last line is JSON: what the caller checks in the ledger.

import { readFileSync } from "node:fs";
import {
  Address, Asset, BASE_FEE, Contract, Keypair, Operation, SorobanDataBuilder, TransactionBuilder,
  authorizeEntry, hash, nativeToScVal, rpc, xdr,
} from "@stellar/stellar-sdk";

const [url, networkPassphrase, wasmFile] = process.argv.slice(2);
const server = new rpc.Server(url, { allowHttp: true });
const [issuer, holder, other, created] = Array.from({ length: 4 }, () => Keypair.random());
const asset = new Asset("USDC", issuer.publicKey());
const wasm = readFileSync(wasmFile);

async function send(transaction, signer) {
  transaction.sign(signer);
  const sent = await server.sendTransaction(transaction);
  if (sent.status !== "PENDING") throw new Error(JSON.stringify(sent));
  const done = await server.pollTransaction(sent.hash, { sleepStrategy: () => 50 });
  if (done.status !== "SUCCESS") throw new Error(`${sent.hash}: ${done.status}`);
  return sent.hash;
}

async function built(source, operation, data) {
  const account = await server.getAccount(source.publicKey());
  const builder = new TransactionBuilder(account, { fee: BASE_FEE, networkPassphrase });
  if (data) builder.setSorobanData(data);
  return builder.addOperation(operation).setTimeout(60).build();
}

const classic = async (source, operation) => send(await built(source, operation), source);
const soroban = async (source, operation, data) =>
  send(await server.prepareTransaction(await built(source, operation, data)), source);

async function call(method, params) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const headers = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers, body })).json();
}

for (const keypair of [issuer, holder, other]) {
  await fetch(`${url}/friendbot?addr=${keypair.publicKey()}`);
}
const upload = await soroban(holder, Operation.uploadContractWasm({ wasm }));
await classic(holder, Operation.createAccount({ destination: created.publicKey(), startingBalance: "5" }));
for (const keypair of [holder, other]) await classic(keypair, Operation.changeTrust({ asset }));
await classic(issuer, Operation.payment({ destination: holder.publicKey(), asset, amount: "1000" }));
await soroban(issuer, Operation.createStellarAssetContract({ asset }));

const contract = new Contract(asset.contractId(networkPassphrase));
const transfer = (amount) => [
  new Address(holder.publicKey()).toScVal(),
  new Address(other.publicKey()).toScVal(),
  nativeToScVal(amount, { type: "i128" }),
];
await soroban(holder, contract.call("transfer", ...transfer(70_000_000n)));

const unsigned = await built(other, contract.call("transfer", ...transfer(50_000_000n)));
const simulated = await server.simulateTransaction(unsigned);
const latest = await server.getLatestLedger();
const auth = await Promise.all(simulated.result.auth.map((entry) =>
  authorizeEntry(entry, holder, latest.sequence + 100, networkPassphrase)));
await soroban(other, Operation.invokeContractFunction({
  contract: contract.contractId(), function: "transfer", args: transfer(50_000_000n), auth,
}));

const filters = [{ type: "contract", contractIds: [contract.contractId()] }];
const page = await server.getEvents({ startLedger: 2, filters, limit: 100 });
const events = page.events.filter((event) => event.topic[0].sym().toString() === "transfer").length;
const ledgers = (await server.getLedgers({ startLedger: 2, pagination: { limit: 5 } })).ledgers.length;

const key = xdr.LedgerKey.contractCode(new xdr.LedgerKeyContractCode({ hash: hash(wasm) }));
await call("dev_advanceLedgers", { ledgers: 40 });
const archived = (await server.getLedgerEntries(key)).entries[0].liveUntilLedgerSeq;
const data = new SorobanDataBuilder().setReadWrite([key]).build();
await soroban(holder, Operation.restoreFootprint({}), data);
const restored = (await server.getLedgerEntries(key)).entries[0].liveUntilLedgerSeq;

console.log(JSON.stringify({
  holder: holder.publicKey(), other: other.publicKey(), created: created.publicKey(),
  contract: contract.contractId(), upload, events, ledgers, archived, restored,
}));
