//! A platform with people on it: both contracts, an asset, an owner, every role, a seller, a debtor and investors.

use invoice_escrow::{InvoiceEscrowClient, Params, Status, Terms};
use invoice_token::InvoiceTokenClient;
use payment_distributor::PaymentDistributorClient;
use soroban_sdk::testutils::{Address as _, EnvTestConfig, Events as _, IssuerFlags, Ledger as _};
use soroban_sdk::token::{StellarAssetClient, TokenClient};
use soroban_sdk::xdr::ContractEvent;
use soroban_sdk::{Address, BytesN, Env, Symbol};

use crate::code::Code;
use crate::wallets;

pub const DAY: u64 = 86_400;

/// When the platform is deployed, in Unix seconds.
pub const START: u64 = 1_900_000_000;

/// What everybody owns of the asset at the start.
pub const WEALTH: i128 = 1_000_000_000_000_000_000;

/// Ledgers that a new entry lives, so few that a forgotten extension shows.
const MIN_TTL: u32 = 4_096;
const MAINNET_MIN_TTL: u32 = 2_073_600;

/// Investors with a membership.
pub const INVESTORS: usize = 4;

/// A platform at work. Every signature is given unless a test takes them away with `env.set_auths(&[])`.
pub struct Platform {
    pub env: Env,
    pub escrow: InvoiceEscrowClient<'static>,
    pub distributor: PaymentDistributorClient<'static>,
    pub asset: Address,
    pub issuer: Address,
    pub owner: Address,
    pub treasury: Address,
    pub verifier: Address,
    pub servicer: Address,
    pub arbiter: Address,
    pub compliance: Address,
    pub guardian: Address,
    pub seller: Address,
    pub debtor: Address,
    pub investors: Vec<Address>,
    pub outsider: Address,
    /// The events of the deployment, in order.
    pub beginning: Vec<ContractEvent>,
}

impl Platform {
    /// Deploys everything, grants the roles, admits the members and lists the asset. People are contracts: anything
    /// that can sign.
    pub fn new() -> Platform {
        Platform::of(Address::generate, MIN_TTL)
    }

    /// The same as on mainnet: people have accounts of the classic ledger, and trustlines.
    pub fn of_accounts() -> Platform {
        Platform::of(wallets::account, MAINNET_MIN_TTL)
    }

    fn of(person: impl Fn(&Env) -> Address, min_ttl: u32) -> Platform {
        let code = Code::from_environment();
        let env = environment(min_ttl);
        let people: Vec<Address> = (0..11).map(|_| person(&env)).collect();
        let [issuer, owner, treasury, verifier, servicer, arbiter, compliance, guardian, seller, debtor, outsider] =
            people.try_into().unwrap();
        let investors: Vec<Address> = (0..INVESTORS).map(|_| person(&env)).collect();
        let asset = env.register_stellar_asset_contract_v2(issuer.clone());
        asset.issuer().set_flag(IssuerFlags::RevocableFlag);
        let escrow = Address::generate(&env);
        let distributor = Address::generate(&env);
        let token = code.install_token(&env);
        code.deploy_escrow(&env, &escrow, (owner.clone(), distributor.clone(), token, params()));
        let mut beginning = latest(&env);
        code.deploy_distributor(&env, &distributor, (owner.clone(), escrow.clone(), treasury.clone()));
        beginning.extend(latest(&env));
        let mut platform = Platform {
            escrow: InvoiceEscrowClient::new(&env, &escrow),
            distributor: PaymentDistributorClient::new(&env, &distributor),
            asset: asset.address(),
            env,
            issuer,
            owner,
            treasury,
            verifier,
            servicer,
            arbiter,
            compliance,
            guardian,
            seller,
            debtor,
            investors,
            outsider,
            beginning,
        };
        platform.furnish();
        platform
    }

    fn furnish(&mut self) {
        let mut told = Vec::new();
        for (role, account) in [
            ("verifier", &self.verifier),
            ("servicer", &self.servicer),
            ("arbiter", &self.arbiter),
            ("compliance", &self.compliance),
            ("guardian", &self.guardian),
        ] {
            self.escrow.grant_role(&Symbol::new(&self.env, role), account);
            told.extend(latest(&self.env));
        }
        self.escrow.set_asset(&self.asset, &true);
        told.extend(latest(&self.env));
        for account in self
            .investors
            .iter()
            .chain([&self.seller, &self.debtor, &self.servicer, &self.treasury])
        {
            self.admit(account);
            told.extend(latest(&self.env));
            self.enrich(account, WEALTH);
        }
        self.beginning.extend(told);
    }

    /// Gives an account money, and a trustline for it.
    pub fn enrich(&self, account: &Address, amount: i128) {
        wallets::trust(&self.env, account, &self.asset, i64::MAX);
        StellarAssetClient::new(&self.env, &self.asset).mint(account, &amount);
    }

    /// Members with a million units each, of the same kind as the others.
    pub fn crowd(&self, number: usize) -> Vec<Address> {
        let accounts = self.seller.to_string().to_string().starts_with('G');
        let person = |_| {
            if accounts {
                wallets::account(&self.env)
            } else {
                Address::generate(&self.env)
            }
        };
        let crowd: Vec<Address> = (0..number).map(person).collect();
        for member in &crowd {
            self.admit(member);
            self.enrich(member, 1_000_000);
        }
        crowd
    }

    /// Makes an account a member for ten years, and thaws it.
    pub fn admit(&self, account: &Address) {
        self.escrow
            .set_member(&self.compliance, account, &(START + DAY * 3_650), &false);
    }

    /// Freezes an account.
    pub fn freeze(&self, account: &Address) {
        self.escrow
            .set_member(&self.compliance, account, &(START + DAY * 3_650), &true);
    }

    /// Terms that use every part of the money model: target 900,000, par 950,000, face 1,000,000, fee 1 %.
    pub fn terms(&self) -> Terms {
        let now = self.now();
        Terms {
            debtor: Some(self.debtor.clone()),
            asset: self.asset.clone(),
            natural: self.bytes(1),
            doc_hash: self.bytes(2),
            face: 1_000_000,
            target: 900_000,
            par: 950_000,
            min_raise: 300_000,
            fee_bps: 100,
            late_bps: 10,
            late_cap_bps: 500,
            due_at: now + DAY * 60,
            deadline: now + DAY * 20,
            grace: DAY * 5,
            release_delay: DAY,
            needs_ack: false,
        }
    }

    /// Thirty-two bytes that differ with `number`.
    pub fn bytes(&self, number: u8) -> BytesN<32> {
        BytesN::from_array(&self.env, &[number; 32])
    }

    /// Lists, approves and publishes.
    pub fn open(&self, terms: &Terms) -> BytesN<32> {
        let id = self.escrow.create_escrow(&self.seller, terms, &0);
        self.escrow.approve(&self.verifier, &id);
        self.escrow.publish(&self.seller, &id);
        id
    }

    /// Opens and raises the whole target from the first investor.
    pub fn funded(&self, terms: &Terms) -> BytesN<32> {
        let id = self.open(terms);
        self.escrow.fund_escrow(&self.investors[0], &id, &terms.target);
        id
    }

    /// Opens, raises and releases.
    pub fn active(&self, terms: &Terms) -> BytesN<32> {
        let id = self.funded(terms);
        self.pass(terms.release_delay);
        self.escrow.release(&id);
        id
    }

    /// A payment by the debtor.
    pub fn pay(&self, id: &BytesN<32>, amount: i128) {
        self.escrow.record_payment(&self.debtor, id, &amount, &None);
    }

    /// The token of an invoice.
    pub fn token(&self, id: &BytesN<32>) -> InvoiceTokenClient<'static> {
        InvoiceTokenClient::new(&self.env, &self.escrow.get_invoice(id).token)
    }

    /// Units of the asset.
    pub fn balance(&self, account: &Address) -> i128 {
        TokenClient::new(&self.env, &self.asset).balance(account)
    }

    /// The status of an invoice.
    pub fn status(&self, id: &BytesN<32>) -> Status {
        self.escrow.get_invoice(id).status
    }

    /// The ledger's time.
    pub fn now(&self) -> u64 {
        self.env.ledger().timestamp()
    }

    /// Moves the clock on.
    pub fn pass(&self, seconds: u64) {
        self.env.ledger().set_timestamp(self.now() + seconds);
    }

    /// Moves the clock to a time.
    pub fn at(&self, time: u64) {
        self.env.ledger().set_timestamp(time);
    }
}

impl Default for Platform {
    fn default() -> Self {
        Platform::new()
    }
}

/// The events of the latest call.
pub fn latest(env: &Env) -> Vec<ContractEvent> {
    env.events().all().events().to_vec()
}

/// The widest parameters, so that terms alone decide.
pub fn params() -> Params {
    Params {
        fee_bps: (0, 1_000),
        late_bps: (0, 100),
        late_cap_bps: (0, 10_000),
        grace: (0, DAY * 180),
        release_delay: (0, DAY * 30),
        tenor: (DAY * 11, DAY * 730),
        recovery: DAY * 90,
        dispute_limit: DAY * 10,
        ticket: 100,
    }
}

fn environment(min_ttl: u32) -> Env {
    let env = Env::new_with_config(EnvTestConfig {
        capture_snapshot_at_drop: false,
    });
    env.cost_estimate().budget().reset_unlimited();
    env.cost_estimate().disable_resource_limits();
    env.ledger().with_mut(|ledger| {
        ledger.timestamp = START;
        ledger.sequence_number = 1_000_000;
        ledger.max_entry_ttl = 3_110_400;
        ledger.min_persistent_entry_ttl = min_ttl;
        ledger.min_temp_entry_ttl = 17_280;
    });
    env.mock_all_auths();
    env
}
