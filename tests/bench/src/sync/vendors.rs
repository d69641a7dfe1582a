//! Both vendors' simulators in a process of their own, so that what they take is not counted as ours. Lines of JSON go in and out.

use anyhow::{Context, ensure};
use lintel_local_aws::{LocalAws, Options, Storage};
use lintel_sandbox::{
    RealClock, Running,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Size, Tenant},
    faults::{ErrorBody, Fault, FaultRule, FaultScript, LimitForm},
    hubspot::{HubSpot, PortalSettings, Tier},
};
use serde::{Deserialize, Serialize};
use std::{path::Path, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// The first argument of the process that this is.
const ROLE: &str = "vendors";
pub(super) const SOURCE_KEY: &str = "sandbox-client-id:sandbox-client-secret";
pub(super) const TARGET_KEY: &str = "pat-na1-sandbox-0001";
pub(super) const WEBHOOK_SECRET: &str = "sandbox-webhook-secret";
/// How often the vendor looks whether a webhook is due.
const POST_OFFICE: Duration = Duration::from_millis(100);
/// Stretches of calls in which one goes wrong each; more than a run of some hundred thousand records has.
const STRETCHES: u64 = 100;
const PHONE: &str = "(212) 555-0142";
/// The same as the portal is to hold it.
pub const PHONE_KEPT: &str = "+12125550142";

/// Where the process listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Addresses {
    pub source: String,
    pub target: String,
    /// An embedded AWS, for who wants none in its own process.
    pub aws: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Wish {
    Stand,
    Contacts,
    Labels,
    /// One call in so many goes wrong.
    Faults {
        every: u64,
        seed: u64,
    },
    /// What happens is told to this address from now on.
    Subscribe {
        url: String,
    },
    /// Somebody changes the phone of one tenant, the so-many-th of all.
    Change {
        nth: usize,
    },
    /// The phone of a tenant's contact.
    Phone {
        tenant: u32,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Told {
    Stand(Stand),
    Contacts(Contacts),
    Labels(usize),
    Done,
    Changed { tenant: u32 },
    Phone(Option<String>),
}

/// What both were asked so far.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Stand {
    pub source: Asked,
    pub target: Asked,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Contacts {
    all: usize,
    /// Tenants that more than one stands for.
    doubled: usize,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Asked {
    pub calls: u64,
    pub writes: u64,
    pub over_limit: u64,
    /// Calls the fault script had its way with.
    pub struck: u64,
}

impl std::ops::Sub for Asked {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            calls: self.calls - before.calls,
            writes: self.writes - before.writes,
            over_limit: self.over_limit - before.over_limit,
            struck: self.struck - before.struck,
        }
    }
}

/// The process, as its owner sees it.
#[derive(Debug)]
pub struct Vendors {
    pub addresses: Addresses,
    process: Child,
    wishes: ChildStdin,
    told: Lines<BufReader<ChildStdout>>,
}

impl Vendors {
    pub async fn start(tenants: u32, folder: &Path) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(ROLE)
            .arg(tenants.to_string())
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("start the vendors' process")?;
        let wishes = process.stdin.take().context("no way in")?;
        let mut told = BufReader::new(process.stdout.take().context("no way out")?).lines();
        let first = told.next_line().await?.context("the vendors' process ended at once")?;
        Ok(Self { addresses: serde_json::from_str(&first)?, process, wishes, told })
    }

    pub async fn stand(&mut self) -> anyhow::Result<Stand> {
        match self.wish(&Wish::Stand).await? {
            Told::Stand(stand) => Ok(stand),
            other => anyhow::bail!("{other:?} is no stand"),
        }
    }

    /// Every tenant has one contact.
    pub async fn ensure_complete(&mut self, tenants: u32) -> anyhow::Result<()> {
        let told = self.wish(&Wish::Contacts).await?;
        let Told::Contacts(Contacts { all, doubled }) = told else { anyhow::bail!("{told:?} are no contacts") };
        ensure!(all == tenants as usize && doubled == 0, "{all} contacts for {tenants} tenants, {doubled} doubled");
        Ok(())
    }

    /// How many labels stand between contacts and listings.
    pub async fn labels(&mut self) -> anyhow::Result<usize> {
        match self.wish(&Wish::Labels).await? {
            Told::Labels(labels) => Ok(labels),
            other => anyhow::bail!("{other:?} are no labels"),
        }
    }

    /// Has one call in so many go wrong at each of both; the seed draws which.
    pub async fn faults(&mut self, every: u64, seed: u64) -> anyhow::Result<()> {
        self.wish(&Wish::Faults { every, seed }).await.map(drop)
    }

    /// Has webhooks sent to an address, signed under [`WEBHOOK_SECRET`].
    pub async fn subscribe(&mut self, url: String) -> anyhow::Result<()> {
        self.wish(&Wish::Subscribe { url }).await.map(drop)
    }

    /// Answers whose phone is [`PHONE_KEPT`] from now on.
    pub async fn change(&mut self, nth: usize) -> anyhow::Result<u32> {
        match self.wish(&Wish::Change { nth }).await? {
            Told::Changed { tenant } => Ok(tenant),
            other => anyhow::bail!("{other:?} is no change"),
        }
    }

    pub async fn phone(&mut self, tenant: u32) -> anyhow::Result<Option<String>> {
        match self.wish(&Wish::Phone { tenant }).await? {
            Told::Phone(phone) => Ok(phone),
            other => anyhow::bail!("{other:?} is no phone"),
        }
    }

    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    async fn wish(&mut self, wish: &Wish) -> anyhow::Result<Told> {
        let mut line = serde_json::to_vec(wish)?;
        line.push(b'\n');
        self.wishes.write_all(&line).await?;
        self.wishes.flush().await?;
        let told = self.told.next_line().await?.context("the vendors' process is gone")?;
        Ok(serde_json::from_str(&told)?)
    }
}

/// Is the vendors' process where this process was started as such; answers whether it was.
pub async fn serve_if_asked() -> anyhow::Result<bool> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_none_or(|first| first != ROLE) {
        return Ok(false);
    }
    serve(arguments).await.map(|()| true)
}

/// Until nobody wishes anything any more.
async fn serve(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let tenants: usize = arguments.next().context("how many tenants?")?.parse()?;
    let folder = arguments.next().context("which folder?")?;
    let clock = Arc::new(RealClock);
    let account = BuildiumSettings::default().with_usual_latency();
    let portal = PortalSettings { tier: Tier::Professional, ..PortalSettings::default() }.with_usual_latency();
    let world = BuildiumWorld::sample(5, Size::of_tenants(tenants));
    let source = Running::start(Buildium::new(account, clock.clone(), world)).await?;
    let target = Running::start(HubSpot::new(portal, clock, 7)).await?;
    let aws = LocalAws::start(Options { storage: Storage::Folder(folder.into()), ..Options::default() }).await?;
    let addresses = Addresses { source: source.url.clone(), target: target.url.clone(), aws: aws.endpoint_url() };
    println!("{}", serde_json::to_string(&addresses)?);
    let _posts = source.vendor.send_webhooks_in_background(reqwest::Client::new(), POST_OFFICE);
    tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lines() {
            let wish: Wish = serde_json::from_str(&line?)?;
            println!("{}", serde_json::to_string(&fulfil(&wish, &source, &target)?)?);
        }
        Ok(())
    })
    .await?
}

fn fulfil(wish: &Wish, source: &Running<Buildium>, target: &Running<HubSpot>) -> anyhow::Result<Told> {
    let (account, portal) = (&source.vendor, &target.vendor);
    Ok(match wish {
        Wish::Stand => {
            let (asked, wrote) = (account.usage(), portal.usage());
            Told::Stand(Stand {
                source: Asked {
                    calls: asked.asked,
                    writes: asked.writes,
                    over_limit: asked.over_limit.total(),
                    struck: account.faults_struck(),
                },
                target: Asked {
                    calls: wrote.asked,
                    writes: wrote.writes,
                    over_limit: wrote.over_limit.total(),
                    struck: portal.faults_struck(),
                },
            })
        }
        Wish::Contacts => Told::Contacts(Contacts {
            all: portal.count("contacts"),
            doubled: portal.duplicates("contacts", "lintel_key").len(),
        }),
        Wish::Labels => {
            let contacts = portal.records("contacts").into_iter();
            let labels = contacts.flat_map(|one| portal.associated("contacts", &one.id, "0-420").into_values());
            Told::Labels(labels.map(|labels| labels.len()).sum())
        }
        Wish::Faults { every, seed } => {
            account.load_faults(script(*every, 2 * seed));
            portal.load_faults(script(*every, 2 * seed + 1));
            Told::Done
        }
        Wish::Subscribe { url } => {
            account.subscribe(url, WEBHOOK_SECRET)?;
            Told::Done
        }
        Wish::Change { nth } => {
            let tenants = account.ids::<Tenant>();
            let tenant = *tenants.get(*nth).context("there is no such tenant")?;
            account.change_phone(tenant, PHONE)?;
            Told::Changed { tenant }
        }
        Wish::Phone { tenant } => {
            let key = format!("buildium/tenants/{tenant}");
            let contact =
                portal.records("contacts").into_iter().find(|one| one.properties.get("lintel_key") == Some(&key));
            Told::Phone(contact.and_then(|one| one.properties.get("mobilephone").cloned()))
        }
    })
}

/// One call of each stretch of so many goes wrong, at a place that is drawn. Half of those are refused for coming too often, to come
/// again in a second; of the others the vendor is to blame.
fn script(every: u64, seed: u64) -> FaultScript {
    let too_many = Fault::TooManyRequests { form: LimitForm::RetryAfterDelta, seconds: 1 };
    let faults = [
        too_many.clone(),
        Fault::ServerError { status: 502, body: ErrorBody::Html },
        too_many,
        Fault::ServerError { status: 500, body: ErrorBody::Text },
    ];
    let mut draws = fastrand::Rng::with_seed(seed);
    let rules = (0..STRETCHES).zip(faults.into_iter().cycle()).map(|(stretch, fault)| {
        let call = stretch * every + draws.u64(1..=every);
        // A rule does not see the calls that the rules before it struck, one each.
        FaultRule { nth: vec![call - stretch], ..FaultRule::anywhere(fault) }
    });
    FaultScript { seed, rules: rules.collect() }
}

/// Processor time a process has taken so far, where the system tells (Linux, in ticks of ten milliseconds).
pub(super) fn processor_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 10))
}
