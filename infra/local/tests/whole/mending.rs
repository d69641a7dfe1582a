//! An operator at the terminal: what is wrong with a vendor, and records that go on after something was mended.

use crate::{
    place::Place,
    town::{Told, Town, lintel},
};
use lintel_sandbox::buildium::{TaxId, Tenant};

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_who_does_not_answer_and_what_was_not_set_up() {
    let mut town = Town::open(3).await;
    let told = town.lintel(&["doctor"]);
    assert!(!told.succeeded);
    assert!(told.text.contains("ok     connection buildium for records: answers for"), "{}", told.text);
    assert!(told.text.contains("fault  target hubspot: was not set up: `lintel setup hubspot`"), "{}", told.text);

    town.succeed(&["setup", "hubspot"]);
    let made = |town: &Town| town.target.vendor.usage().calls_of("POST /properties/contacts");
    let (reads, before) = (town.source.vendor.usage().total(), made(&town));
    let told = town.succeed(&["doctor"]);
    assert!(told.contains("ok     target hubspot: was set up") && told.contains("all in place"), "{told}");
    assert_eq!(town.source.vendor.usage().total() - reads, 1, "one call");
    assert_eq!(made(&town), before, "nothing is made");

    town.source.vendor.delete_key("sandbox-client-id");
    let told = town.lintel(&["doctor"]);
    assert!(!told.succeeded);
    assert!(told.text.contains("fault  connection buildium for records: not-authorized"), "{}", told.text);
    let told = town.lintel(&["sync", "tenants"]);
    assert!(!told.succeeded && told.text.contains("failed: not-authorized · "), "{}", told.text);
    let told = town.succeed(&["flows", "tenants"]);
    assert!(told.contains("failed: not-authorized · "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_one_fault_and_a_vendor_nobody_has_is_refused() {
    let place = Place::open(2).await;
    let told = place.lintel(&["doctor"]).await;
    assert!(told.text.contains("ok     webhook_secret of connection crews: is there"), "{}", told.text);
    assert!(told.text.contains("fault  webhook_secret of connection office: "), "{}", told.text);
    assert!(!told.succeeded && told.text.ends_with("lintel: 1 fault\n"), "{}", told.text);

    let away = |text: String| text.replace("secret = \"housecallpro\"", "secret = \"away\"");
    place.write("lintel.toml", away);
    let told = place.lintel(&["doctor"]).await;
    assert!(told.text.contains("fault  connection crews for jobs: "), "{}", told.text);
    assert!(told.text.ends_with("lintel: 2 faults\n"), "the addresses are not asked for: {}", told.text);

    place.write("lintel.toml", |text| text.replace("vendor = \"housecallpro\"", "vendor = \"housecalpro\""));
    for command in ["apply", "doctor"] {
        let told = place.lintel(&[command]).await;
        let line = "`connections.crews.vendor`: there is no vendor `housecalpro`; did you mean `housecallpro`?";
        assert!(!told.succeeded && told.text.contains(line), "{}", told.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_set_aside_is_read_again() {
    let mut town = Town::open(4).await;
    let tenant = town.source.vendor.ids::<Tenant>()[1];
    let name = |name: Option<&'static str>| move |one: &mut Tenant| one.last_name = name.map(Into::into);
    town.source.vendor.edit(tenant, name(None)).unwrap();
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let key = format!("tenants/{tenant}");
    assert!(town.succeed(&["queue"]).starts_with("1 quarantined row\n"));
    assert!(town.record("contacts", &key).is_none());

    town.succeed(&["replay", "all"]);
    assert!(town.succeed(&["queue"]).starts_with("1 quarantined row\n"), "nothing was mended");

    town.source.vendor.edit(tenant, name(Some("Aster"))).unwrap();
    let lists = town.source.vendor.usage().total();
    town.succeed(&["replay", "all"]);
    assert_eq!(town.source.vendor.usage().total() - lists, 1, "one record is read, no list");
    assert_eq!(town.record("contacts", &key).unwrap().properties["lastname"], "Aster");
    assert!(town.succeed(&["queue"]).starts_with("0 quarantined rows"));
    assert!(!town.succeed(&["flows", "tenants"]).contains("quarantined ·"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_flow_stopped_at_goes_on_when_somebody_says_so() {
    let mut town = Town::open(30).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let tenants = town.source.vendor.ids::<Tenant>();
    let key = format!("tenants/{}", tenants[0]);
    assert!(!town.lintel(&["lift", "tenants", &key]).succeeded, "nothing is wrong with it");

    let contact = town.record("contacts", &key).unwrap();
    town.target.vendor.person_deletes("contacts", &contact.id).unwrap();
    town.source.vendor.edit(tenants[0], |one: &mut Tenant| one.first_name = Some("Annabel".into())).unwrap();
    town.succeed(&["sync", "tenants"]);
    assert!(town.succeed(&["flows", "tenants"]).contains(&format!("problem {key} · target-gone")));
    let told = town.succeed(&["lift", "tenants", &key]);
    assert!(told.contains("what is left: target-gone"), "{told}");
    assert!(town.record("contacts", &key).is_none());
    let told = town.succeed(&["lift", "tenants", &key, "--make-again"]);
    assert!(told.starts_with("carried out"), "{told}");
    assert_eq!(town.record("contacts", &key).unwrap().properties["firstname"], "Annabel");

    assert!(!town.lintel(&["lift", "tenants", "--mass-change"]).succeeded, "none waits");
    for tenant in &tenants[..22] {
        town.source.vendor.delete::<Tenant>(*tenant).unwrap();
    }
    let told = town.succeed(&["sync", "tenants", "--full"]);
    assert!(!told.contains("gone at the source"), "{told}");
    assert!(told.contains("22 of 30 missing at the source at once: none is taken for gone"), "{told}");
    let told = town.succeed(&["flows"]);
    assert!(
        told.lines().any(|line| line.starts_with("tenants: ") && line.ends_with(" · 22 of 30 missing at once")),
        "{told}"
    );
    let told = town.succeed(&["flows", "tenants"]);
    assert!(told.contains("missing 22 of 30 since run") && told.contains(&format!("  {key}")), "{told}");
    let last = format!("  tenants/{}\n", tenants[21]);
    assert!(told.contains("  and 2 more (`lintel flows tenants --all`)") && !told.contains(&last), "{told}");
    let told = town.succeed(&["flows", "tenants", "--all"]);
    assert!(told.contains(&last) && !told.contains(" more ("), "{told}");
    assert!(town.succeed(&["lift", "tenants", "--mass-change"]).starts_with("approved: of the 22 records"));
    let told = town.succeed(&["sync", "tenants", "--full"]);
    assert!(told.contains("22 gone at the source"), "{told}");
    assert!(!told.contains("missing at the source"), "{told}");
    assert!(!town.succeed(&["flows", "tenants"]).contains("missing"));
    assert!(!town.succeed(&["flows"]).contains("missing"));
    let told = town.succeed(&["audit", "tenants"]);
    assert!(told.contains("approved: to let go of the 22 records"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_keys_that_were_changed_lost_or_spoiled_are_told_as_what_they_are() {
    let sent = |text: &str| {
        let lines = "send_protected = [\"tax_id\"]\nfields = { to = { tax_id = \"jobtitle\" } }\n";
        text.replace("[flows.tenants]\n", &format!("[flows.tenants]\n{lines}"))
    };
    let mut town = Town::configured(3, sent).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let tenant = town.source.vendor.ids::<Tenant>()[0];
    let key = format!("tenants/{tenant}");
    town.source.vendor.edit(tenant, |one: &mut Tenant| one.tax_id = Some(TaxId("900-55-3001".into()))).unwrap();
    let contact = town.record("contacts", &key).unwrap();
    town.target.vendor.person_edits("contacts", &contact.id, &[("jobtitle", "900-55-3000")]).unwrap();
    town.succeed(&["sync", "tenants"]);
    town.without_host();

    assert!(!town.lintel(&["vault", "open", "tenants", &key, "tax_id", "--why", " "]).succeeded, "no reason");
    let open = ["vault", "open", "tenants", key.as_str(), "tax_id", "--why", "the tenant called"];
    assert!(town.succeed(&open).starts_with("source: 900-55-3001\ntarget: 900-55-3000\n"));
    town.succeed(&["vault", "rotate", "--by", "ann"]);
    let told = town.succeed(&["vault"]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].contains(" · superseded ") && lines[0].ends_with(" · 2 values under it"), "{told}");
    assert!(lines[1].ends_with(" · in force · 0 values under it"), "{told}");
    assert!(lines[2].contains(" · operator ann · data key ") && lines[2].contains(" took effect"), "{told}");
    let told = town.succeed(&["vault", "reseal"]);
    assert!(told.starts_with("2 values were under ") && told.contains("all that is kept is under"), "{told}");
    assert!(town.succeed(&["doctor"]).contains("ok     data keys of protected fields: "));

    let whole = std::fs::read(town.data_keys()).unwrap();
    std::fs::remove_file(town.data_keys()).unwrap();
    let told = town.lintel(&open);
    assert!(!told.succeeded && told.text.contains(" is kept, but its data key "), "{}", told.text);
    let told = town.lintel(&["vault", "reseal"]);
    assert!(!told.succeeded && told.text.contains("2 values do not open"), "{}", told.text);
    let told = town.succeed(&["vault"]);
    assert!(told.contains(" · given up or missing · 2 values under it open no more"), "{told}");
    let told = town.lintel(&["doctor"]);
    assert!(!told.succeeded && told.text.contains("fault  data keys of protected fields: 2 values"), "{}", told.text);

    std::fs::write(town.data_keys(), r#"{"lintel-vault/dev/sample":"{\"v\":1"}"#).unwrap();
    let told = town.lintel(&["doctor"]);
    let fault = "fault  data keys of protected fields: read the data keys of sample: line 1, column ";
    assert!(!told.succeeded && told.text.contains(fault), "{}", told.text);

    std::fs::write(town.data_keys(), whole).unwrap();
    assert!(town.succeed(&open).starts_with("source: 900-55-3001\n"));
    town.succeed(&["doctor"]);
}

#[test]
fn secrets_that_do_not_read_are_told_by_their_place_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    assert!(lintel(folder.path()).args(["init", "buildium-hubspot"]).output().unwrap().status.success());
    let secrets = folder.path().join("lintel.secrets.toml");
    for (text, place) in [
        ("buildium = \"a:b\"\nhubspot = \"{\"client_secret\": \"hush-hush\"}\"\n", "line 2 is not as expected"),
        ("hubspot = hush-hush\n", "line 1 is not as expected"),
        ("hubspot = [\"hush-hush\"]\n", "`hubspot` is of type array and has to be a string"),
    ] {
        std::fs::write(&secrets, text).unwrap();
        let told = Told::of(&lintel(folder.path()).arg("doctor").output().unwrap());
        assert!(!told.succeeded && told.text.contains(place), "{}", told.text);
        assert!(!told.text.contains("hush"), "{}", told.text);
    }
}

#[test]
fn options_of_the_main_job_before_a_command_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let told = Told::of(&lintel(folder.path()).args(["--port", "18088", "flows"]).output().unwrap());
    assert!(!told.succeeded && told.text.contains("--port belong to the main job"), "{}", told.text);
}
