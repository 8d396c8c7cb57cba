// The life of an asset, told with the Go SDK: story RPC PASSPHRASE WASM.
// The last line is JSON: what the caller checks in the ledger.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/stellar/go-stellar-sdk/clients/rpcclient"
	"github.com/stellar/go-stellar-sdk/keypair"
	protocol "github.com/stellar/go-stellar-sdk/protocols/rpc"
	"github.com/stellar/go-stellar-sdk/strkey"
	"github.com/stellar/go-stellar-sdk/txnbuild"
	"github.com/stellar/go-stellar-sdk/xdr"
)

// fee is what each transaction bids beside its resources, in stroops.
const fee = txnbuild.MinBaseFee

type story struct {
	ctx        context.Context
	client     *rpcclient.Client
	url        string
	passphrase string
}

// must ends the program: whoever started it reads why.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func (s *story) build(source *keypair.Full, operation txnbuild.Operation) *txnbuild.Transaction {
	account := must(s.client.LoadAccount(s.ctx, source.Address()))
	return must(txnbuild.NewTransaction(txnbuild.TransactionParams{
		SourceAccount:        account,
		IncrementSequenceNum: true,
		Operations:           []txnbuild.Operation{operation},
		BaseFee:              fee,
		Preconditions:        txnbuild.Preconditions{TimeBounds: txnbuild.NewTimeout(60)},
	}))
}

// run signs and sends one operation that must succeed, and gives the transaction's hash.
func (s *story) run(source *keypair.Full, operation txnbuild.Operation) string {
	signed := must(s.build(source, operation).Sign(s.passphrase, source))
	sent := must(s.client.SendTransaction(s.ctx, protocol.SendTransactionRequest{Transaction: must(signed.Base64())}))
	if sent.Status != "PENDING" {
		panic(fmt.Sprintf("%s: %s", sent.Status, sent.ErrorResultXDR))
	}
	options := rpcclient.NewPollTransactionOptions().WithInitialInterval(50 * time.Millisecond)
	done := must(s.client.PollTransactionWithOptions(s.ctx, sent.Hash, options))
	if done.Status != protocol.TransactionStatusSuccess {
		panic(fmt.Sprintf("%s: %s", sent.Hash, done.Status))
	}
	return sent.Hash
}

func (s *story) simulate(source *keypair.Full, operation txnbuild.Operation) protocol.SimulateTransactionResponse {
	text := must(s.build(source, operation).Base64())
	simulated := must(s.client.SimulateTransaction(s.ctx, protocol.SimulateTransactionRequest{Transaction: text}))
	if simulated.Error != "" {
		panic(simulated.Error)
	}
	return simulated
}

// resources are what a simulation found; auth stays as it is if somebody signed it already.
func resources(simulated protocol.SimulateTransactionResponse) xdr.TransactionExt {
	var data xdr.SorobanTransactionData
	if err := xdr.SafeUnmarshalBase64(simulated.TransactionDataXDR, &data); err != nil {
		panic(err)
	}
	data.ResourceFee = xdr.Int64(simulated.MinResourceFee)
	return xdr.TransactionExt{V: 1, SorobanData: &data}
}

func recorded(simulated protocol.SimulateTransactionResponse) []xdr.SorobanAuthorizationEntry {
	entries := []xdr.SorobanAuthorizationEntry{}
	for _, text := range *simulated.Results[0].AuthXDR {
		var entry xdr.SorobanAuthorizationEntry
		if err := xdr.SafeUnmarshalBase64(text, &entry); err != nil {
			panic(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

func (s *story) invoke(source *keypair.Full, function xdr.HostFunction, auth []xdr.SorobanAuthorizationEntry) string {
	operation := &txnbuild.InvokeHostFunction{HostFunction: function, Auth: auth, SourceAccount: source.Address()}
	simulated := s.simulate(source, operation)
	if auth == nil {
		operation.Auth = recorded(simulated)
	}
	operation.Ext = resources(simulated)
	return s.run(source, operation)
}

// signed puts the holder's signature under an entry that a simulation recorded.
func (s *story) signed(entry xdr.SorobanAuthorizationEntry, signer *keypair.Full, until uint32) xdr.SorobanAuthorizationEntry {
	credentials := entry.Credentials.Address
	credentials.SignatureExpirationLedger = xdr.Uint32(until)
	network := sha256.Sum256([]byte(s.passphrase))
	preimage := xdr.HashIdPreimage{
		Type: xdr.EnvelopeTypeEnvelopeTypeSorobanAuthorization,
		SorobanAuthorization: &xdr.HashIdPreimageSorobanAuthorization{
			NetworkId:                 network,
			Nonce:                     credentials.Nonce,
			SignatureExpirationLedger: credentials.SignatureExpirationLedger,
			Invocation:                entry.RootInvocation,
		},
	}
	payload := sha256.Sum256(must(preimage.MarshalBinary()))
	public := must(strkey.Decode(strkey.VersionByteAccountID, signer.Address()))
	fields := &xdr.ScMap{
		{Key: symbol("public_key"), Val: scBytes(public)},
		{Key: symbol("signature"), Val: scBytes(must(signer.Sign(payload[:])))},
	}
	signatures := &xdr.ScVec{{Type: xdr.ScValTypeScvMap, Map: &fields}}
	credentials.Signature = xdr.ScVal{Type: xdr.ScValTypeScvVec, Vec: &signatures}
	return entry
}

func symbol(text string) xdr.ScVal {
	value := xdr.ScSymbol(text)
	return xdr.ScVal{Type: xdr.ScValTypeScvSymbol, Sym: &value}
}

func scBytes(value []byte) xdr.ScVal {
	bytes := xdr.ScBytes(value)
	return xdr.ScVal{Type: xdr.ScValTypeScvBytes, Bytes: &bytes}
}

func address(account string) xdr.ScVal {
	id := xdr.MustAddress(account)
	value := xdr.ScAddress{Type: xdr.ScAddressTypeScAddressTypeAccount, AccountId: &id}
	return xdr.ScVal{Type: xdr.ScValTypeScvAddress, Address: &value}
}

func transfer(contract xdr.ContractId, from, to string, amount uint64) xdr.HostFunction {
	return xdr.HostFunction{
		Type: xdr.HostFunctionTypeHostFunctionTypeInvokeContract,
		InvokeContract: &xdr.InvokeContractArgs{
			ContractAddress: xdr.ScAddress{Type: xdr.ScAddressTypeScAddressTypeContract, ContractId: &contract},
			FunctionName:    "transfer",
			Args: []xdr.ScVal{address(from), address(to), {
				Type: xdr.ScValTypeScvI128,
				I128: &xdr.Int128Parts{Lo: xdr.Uint64(amount)},
			}},
		},
	}
}

func (s *story) liveUntil(key xdr.LedgerKey) uint32 {
	text := must(xdr.MarshalBase64(key))
	found := must(s.client.GetLedgerEntries(s.ctx, protocol.GetLedgerEntriesRequest{Keys: []string{text}}))
	return *found.Entries[0].LiveUntilLedgerSeq
}

func (s *story) advance(ledgers int) {
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"dev_advanceLedgers","params":{"ledgers":%d}}`, ledgers)
	must(http.Post(s.url, "application/json", bytes.NewBufferString(body))).Body.Close()
}

// restore brings an archived entry back; what it costs is what the simulation says.
func (s *story) restore(source *keypair.Full, key xdr.LedgerKey) {
	data := xdr.SorobanTransactionData{Resources: xdr.SorobanResources{
		Footprint: xdr.LedgerFootprint{ReadWrite: []xdr.LedgerKey{key}},
	}}
	operation := &txnbuild.RestoreFootprint{
		SourceAccount: source.Address(),
		Ext:           xdr.TransactionExt{V: 1, SorobanData: &data},
	}
	operation.Ext = resources(s.simulate(source, operation))
	s.run(source, operation)
}

func main() {
	s := &story{ctx: context.Background(), url: os.Args[1], passphrase: os.Args[2]}
	s.client = rpcclient.NewClient(s.url, nil)
	wasm := must(os.ReadFile(os.Args[3]))
	issuer, holder, other, created := keypair.MustRandom(), keypair.MustRandom(), keypair.MustRandom(), keypair.MustRandom()
	for _, pair := range []*keypair.Full{issuer, holder, other} {
		must(http.Get(s.url + "/friendbot?addr=" + url.QueryEscape(pair.Address()))).Body.Close()
	}
	asset := txnbuild.CreditAsset{Code: "USDC", Issuer: issuer.Address()}
	assetXDR := must(asset.ToXDR())

	upload := s.invoke(holder, xdr.HostFunction{Type: xdr.HostFunctionTypeHostFunctionTypeUploadContractWasm, Wasm: &wasm}, nil)
	s.run(holder, &txnbuild.CreateAccount{Destination: created.Address(), Amount: "5"})
	for _, pair := range []*keypair.Full{holder, other} {
		s.run(pair, &txnbuild.ChangeTrust{Line: asset.MustToChangeTrustAsset()})
	}
	s.run(issuer, &txnbuild.Payment{Destination: holder.Address(), Amount: "1000", Asset: asset})
	s.invoke(issuer, xdr.HostFunction{
		Type: xdr.HostFunctionTypeHostFunctionTypeCreateContract,
		CreateContract: &xdr.CreateContractArgs{
			ContractIdPreimage: xdr.ContractIdPreimage{
				Type:      xdr.ContractIdPreimageTypeContractIdPreimageFromAsset,
				FromAsset: &assetXDR,
			},
			Executable: xdr.ContractExecutable{Type: xdr.ContractExecutableTypeContractExecutableStellarAsset},
		},
	}, nil)
	contract := xdr.ContractId(must(assetXDR.ContractID(s.passphrase)))

	s.invoke(holder, transfer(contract, holder.Address(), other.Address(), 70_000_000), nil)

	byOther := transfer(contract, holder.Address(), other.Address(), 50_000_000)
	simulated := s.simulate(other, &txnbuild.InvokeHostFunction{HostFunction: byOther, SourceAccount: other.Address()})
	entries := recorded(simulated)
	for index, entry := range entries {
		entries[index] = s.signed(entry, holder, simulated.LatestLedger+100)
	}
	s.invoke(other, byOther, entries)

	contractText := must(strkey.Encode(strkey.VersionByteContract, contract[:]))
	events := must(s.client.GetEvents(s.ctx, protocol.GetEventsRequest{
		StartLedger: 2,
		Filters:     []protocol.EventFilter{{ContractIDs: []string{contractText}}},
	}))
	transfers := 0
	for _, event := range events.Events {
		var topic xdr.ScVal
		if err := xdr.SafeUnmarshalBase64(event.TopicXDR[0], &topic); err != nil {
			panic(err)
		}
		if topic.MustSym() == "transfer" {
			transfers++
		}
	}
	ledgers := must(s.client.GetLedgers(s.ctx, protocol.GetLedgersRequest{
		StartLedger: 2, Pagination: &protocol.LedgerPaginationOptions{Limit: 5},
	}))
	var closed xdr.LedgerCloseMeta
	if err := xdr.SafeUnmarshalBase64(ledgers.Ledgers[0].LedgerMetadata, &closed); err != nil {
		panic(err)
	}

	key := xdr.LedgerKey{Type: xdr.LedgerEntryTypeContractCode, ContractCode: &xdr.LedgerKeyContractCode{Hash: sha256.Sum256(wasm)}}
	s.advance(40)
	archived := s.liveUntil(key)
	s.restore(holder, key)
	fmt.Println(string(must(json.Marshal(map[string]any{
		"holder": holder.Address(), "other": other.Address(), "created": created.Address(),
		"contract": contractText, "upload": upload, "events": transfers, "ledgers": len(ledgers.Ledgers),
		"archived": archived, "restored": s.liveUntil(key),
	}))))
}
