//! A property manager's account, a portal, and `lintel` itself as a process between them: what a person at a terminal has.

use lintel_local::{
    host::AwsChoice,
    session::{self, Opening, Session},
};
use lintel_sandbox::{
    RateRules, RealClock, Running,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Size},
    hubspot::{self, HubSpot, PortalSettings},
};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

/// The flows of the sample, in the order in which each finds what it needs.
pub(crate) const FLOWS: [&str; 11] = [
    "tenants",
    "emergency-contacts",
    "cosigners",
    "owners",
    "properties",
    "units",
    "homes",
    "cosigner-homes",
    "emergency-homes",
    "ownerships",
    "rents",
];

pub(crate) struct Town {
    pub(crate) source: Running<Buildium>,
    pub(crate) target: Running<HubSpot>,
    /// Everything that commands have printed so far.
    pub(crate) printed: String,
    /// Where the host serves, as it says.
    pub(crate) address: String,
    host: Child,
    folder: tempfile::TempDir,
}

/// How a command ended, and what it printed.
pub(crate) struct Told {
    pub(crate) succeeded: bool,
    pub(crate) text: String,
}

impl Told {
    pub(crate) fn of(output: &Output) -> Self {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Self { succeeded: output.status.success(), text }
    }
}

impl Town {
    /// The sample configuration, and a host that serves it with its log at DEBUG.
    pub(crate) async fn open(tenants: usize) -> Self {
        Self::configured(tenants, str::to_owned).await
    }

    /// The same with the configuration as `edit` leaves it.
    pub(crate) async fn configured(tenants: usize, edit: fn(&str) -> String) -> Self {
        let clock = Arc::new(RealClock);
        // Limits are another test's business.
        let account = BuildiumSettings {
            starts: RateRules { calls: 1_000, period: Duration::from_secs(1) },
            in_flight: 100,
            ..BuildiumSettings::default()
        };
        let world = BuildiumWorld::sample(11, Size::of_tenants(tenants));
        let source = Running::start(Buildium::new(account, clock.clone(), world)).await.unwrap();
        let target = Running::start(HubSpot::new(PortalSettings::default(), clock, 11)).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let written = lintel(folder.path()).args(["init", "buildium-hubspot"]).output().unwrap();
        assert!(written.status.success());
        let config = folder.path().join("lintel.toml");
        let mut text = std::fs::read_to_string(&config).unwrap().replace("# allow_http = true ", "allow_http = true ");
        for (vendor, url) in [("buildium", &source.url), ("hubspot", &target.url)] {
            let line = format!("vendor = \"{vendor}\"\n");
            text = text.replace(&line, &format!("{line}base_url = \"{url}\"\n"));
        }
        std::fs::write(&config, edit(&text)).unwrap();
        let secrets = concat!(
            "buildium = \"sandbox-client-id:sandbox-client-secret\"\nhubspot = \"pat-na1-sandbox-0001\"\n",
            "office-api = \"office-test-only\"\nbuildium-webhooks = \"whsec-test-only\"\n"
        );
        std::fs::write(folder.path().join("lintel.secrets.toml"), secrets).unwrap();
        let (host, address) = serve(folder.path());
        Self { source, target, printed: String::new(), address, host, folder }
    }

    /// Changes the configuration, for the commands that come.
    pub(crate) fn edit(&self, edit: impl Fn(&str) -> String) {
        let config = self.folder.path().join("lintel.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        let edited = edit(&text);
        assert_ne!(edited, text, "the sample has another form");
        std::fs::write(&config, edited).unwrap();
    }

    /// Runs `lintel` with these arguments beside the host.
    pub(crate) fn lintel(&mut self, arguments: &[&str]) -> Told {
        let output = lintel(self.folder.path()).args(arguments).output().unwrap();
        let told = Told::of(&output);
        self.printed.push_str(&told.text);
        told
    }

    /// Runs `lintel`, which has to end well.
    pub(crate) fn succeed(&mut self, arguments: &[&str]) -> String {
        let told = self.lintel(arguments);
        assert!(told.succeeded, "{arguments:?}: {}", told.text);
        told.text
    }

    /// What the host has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log(self.folder.path())).unwrap()
    }

    /// Beside the running host, at its table.
    pub(crate) async fn session(&self) -> Session {
        let config = self.folder.path().join("lintel.toml");
        let settings = session::configuration(&config).unwrap().organization;
        let opening = Opening {
            data: self.folder.path().join(".lintel"),
            aws: AwsChoice::Local,
            secrets: BTreeMap::new(),
            variables: BTreeMap::new(),
        };
        let session = Box::pin(Session::open(settings, opening)).await.unwrap();
        assert!(session.running().is_some());
        session
    }

    /// Ends the host, as if its machine went dark, and opens its folder in its place.
    pub(crate) async fn instead_of_the_host(&mut self) -> Session {
        self.host.kill().unwrap();
        self.host.wait().unwrap();
        let config = self.folder.path().join("lintel.toml");
        let opening = Opening {
            data: self.folder.path().join(".lintel"),
            aws: AwsChoice::Local,
            secrets: session::secrets(&config).unwrap(),
            variables: BTreeMap::from([("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned())]),
        };
        let settings = session::configuration(&config).unwrap().organization;
        let session = Box::pin(Session::open(settings, opening)).await.unwrap();
        assert!(session.running().is_none());
        session
    }

    /// Ends the host: the commands that come work by themselves.
    pub(crate) fn without_host(&mut self) {
        self.host.kill().unwrap();
        self.host.wait().unwrap();
    }

    /// Where the local host keeps the keys of protected fields.
    pub(crate) fn data_keys(&self) -> PathBuf {
        self.folder.path().join(".lintel/data-keys.json")
    }

    /// The portal's record of one of the account's, with its id.
    pub(crate) fn record(&self, kind: &str, key: &str) -> Option<hubspot::RecordView> {
        let key = format!("buildium/{key}");
        let records = self.target.vendor.records(kind);
        records.into_iter().find(|record| record.properties.get("lintel_key") == Some(&key))
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        // Gone already, if it fell over.
        let _ = self.host.kill();
        let _ = self.host.wait();
    }
}

pub(crate) fn lintel(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lintel"));
    command.current_dir(folder).env("LINTEL_LOG", "debug").env_remove("LINTEL_CONFIG").env_remove("LINTEL_DATA");
    command
}

pub(crate) fn log(folder: &Path) -> PathBuf {
    folder.join("host.log")
}

/// A host with its log in a file, and where it serves.
pub(crate) fn serve(folder: &Path) -> (Child, String) {
    let log = File::create(log(folder)).unwrap();
    let mut command = lintel(folder);
    command.args(["serve", "--port", "0"]).stdout(Stdio::piped()).stderr(log);
    let mut host = command.spawn().unwrap();
    let lines: BufReader<ChildStdout> = BufReader::new(host.stdout.take().unwrap());
    // It serves as soon as it says so.
    let first = lines.lines().next().unwrap().unwrap();
    let (_, address) = first.rsplit_once(" on ").unwrap();
    assert!(first.starts_with("serving "), "{first}");
    (host, address.to_owned())
}
