//! Faults of a configuration: each named by line, column and key, all of them at once.

use jiff::civil::time;
use lintel_formats::settings::{SAMPLE, read, read_knowing};

const HEAD: &str = "[organization]\nid = \"o\"\nname = \"O\"\n";

/// `line:column key` of every fault, and the messages.
fn faults(text: &str) -> (Vec<String>, String) {
    let found = read(text).err().unwrap_or_default();
    let places = found.iter().map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.key)).collect();
    (places, found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// The faults of a text that follows a sound head of three lines.
fn after_head(text: &str) -> (Vec<String>, String) {
    faults(&format!("{HEAD}{text}"))
}

#[track_caller]
fn one(text: &str, place: &str, words: &str) {
    let (places, told) = after_head(text);
    assert_eq!(places, [place], "{told}");
    assert!(told.contains(words), "{told}");
}

#[test]
fn the_sample_has_no_fault() {
    let read = read(SAMPLE).unwrap();
    assert_eq!(read.organization.id.as_str(), "sample");
    assert_eq!(read.organization.rules.service_time, time(10, 15, 0, 0));
    assert!(!read.local.allow_http);
}

#[test]
fn times_are_read_with_and_without_seconds() {
    for text in ["10:30", "10:30:00"] {
        let read = read(&format!("{HEAD}[rules]\nservice_time = \"{text}\"\n")).unwrap();
        assert_eq!(read.organization.rules.service_time, time(10, 30, 0, 0), "{text}");
    }
}

#[test]
fn what_is_no_time_is_a_fault() {
    one("[rules]\nservice_time = \"quarter past ten\"\n", "5:16 rules.service_time", "");
    one("[rules]\nservice_time = \"25:00\"\n", "5:16 rules.service_time", "");
}

#[test]
fn fields_that_are_named_as_protected_have_to_exist_and_to_be_text() {
    let whole = |line: &str| faults(&format!("[organization]\nid = \"o\"\nname = \"O\"\n{line}\n"));
    assert_eq!(whole(r#"protected = ["date_of_birth", "comment"]"#).0, [""; 0]);
    for (line, words) in [
        (r#"protected = ["date_of_brith"]"#, "did you mean `date_of_birth`?"),
        (r#"protected = ["parties"]"#, "cannot be protected"),
    ] {
        let (places, told) = whole(line);
        assert_eq!(places, ["4:13 organization.protected"], "{told}");
        assert!(told.contains(words), "{told}");
    }
    let flow = "[connections.a]\nvendor = \"v\"\nsecret = \"s\"\n[flows.f]\nfrom = \"a\"\nstream = \"s\"\nto = \"a\"\ninto = \"i\"\n";
    one(&format!("{flow}protected = [\"birthday\"]\n"), "12:13 flows.f.protected", "no record has a field");
}

#[test]
fn an_unknown_key_is_a_fault_in_every_section() {
    one("[rules]\nservice_tme = \"10:00\"\n", "5:1 rules.service_tme", "did you mean `service_time`?");
    one("[absence]\n  mises = 3\n", "5:3 absence.mises", "did you mean `misses`?");
    one("[jobs]\nahead_day = 3\n", "5:1 jobs.ahead_day", "did you mean `ahead_days`?");
    one("[mail]\nsender = []\n", "5:1 mail.sender", "did you mean `senders`?");
    one("[polling]\nat_onec = 3\n", "5:1 polling.at_onec", "did you mean `at_once`?");
    one("[local]\nports = 3\n", "5:1 local.ports", "did you mean `port`?");
    one(
        "[connections.c]\nvendor = \"v\"\nsecret = \"s\"\nbase-url = \"https://a.example\"\n",
        "7:1 connections.c.base-url",
        "did you mean `base_url`?",
    );
    one(
        "[properties.p]\nname = \"P\"\nzone = \"UTC\"\nlisted = {}\n",
        "7:1 properties.p.listed",
        "did you mean `listed_as`?",
    );
    one(
        "[properties.p]\nname = \"P\"\nzone = \"UTC\"\nowner_overrides = [{ pattern = \"x\", too = \"p\", to = \"p\" }]\n",
        "7:37 properties.p.owner_overrides[0].too",
        "did you mean `to`?",
    );
    one(
        "[properties.p]\nname = \"P\"\nzone = \"UTC\"\n[feeds.f]\nproperty = \"p\"\nurl = \"https://a.example\"\nstate = \"active\"\n",
        "10:1 feeds.f.state",
        "did you mean `status`?",
    );
}

#[test]
fn an_unknown_section_is_a_fault() {
    one("[rule]\nservice_time = \"10:00\"\n", "4:2 rule", "did you mean `rules`?");
    one("[weather]\n", "4:2 weather", "there are organization, rules");
}

#[test]
fn an_unknown_key_of_the_organization_and_what_is_missing_beside_it() {
    let (places, told) = faults("[organization]\nid = \"o\"\nnmae = \"O\"\n");
    assert_eq!(places, ["1:1 organization.name", "3:1 organization.nmae"], "{told}");
    let (places, _) = faults("[rules]\n");
    assert_eq!(places, ["1:1 organization"]);
}

#[test]
fn every_missing_key_is_told() {
    let (places, told) = after_head("[connections.c]\n[properties.p]\n[feeds.f]\n");
    assert_eq!(
        places,
        [
            "4:1 connections.c.vendor",
            "4:1 connections.c.secret",
            "5:1 properties.p.name",
            "5:1 properties.p.zone",
            "6:1 feeds.f.property",
            "6:1 feeds.f.url"
        ],
        "{told}"
    );
}

#[test]
fn every_value_of_a_wrong_type_is_told_with_its_own_place() {
    let (places, told) = after_head(
        "[rules]\nlong_term_nights = \"many\"\nservice_time = 10\nservice_minutes = true\n[local]\nallow_http = \"yes\"\n",
    );
    assert_eq!(
        places,
        [
            "5:20 rules.long_term_nights",
            "6:16 rules.service_time",
            "7:19 rules.service_minutes",
            "9:14 local.allow_http"
        ],
        "{told}"
    );
    one("feeds = 3\n", "4:1 organization.feeds", "no known key");
    let (places, told) = faults(&format!("feeds = 3\nrules = \"x\"\n{HEAD}"));
    assert_eq!(places, ["1:9 feeds", "2:9 rules"], "{told}");
    one(
        "[properties.p]\nname = \"P\"\nzone = \"UTC\"\nowners = [\"Olive Owner\", 3]\n",
        "7:26 properties.p.owners[1]",
        "expected a string",
    );
}

#[test]
fn numbers_have_a_range() {
    for (text, place, words) in [
        ("[rules]\nlong_term_nights = 0\n", "5:20 rules.long_term_nights", "from 1 to 365"),
        ("[rules]\nlong_term_nights = -1\n", "5:20 rules.long_term_nights", "from 1 to 365"),
        ("[rules]\nlong_term_nights = 99999999999999999999\n", "5:20 rules.long_term_nights", "from 1 to 365"),
        ("[rules]\nline_limit = 10\ninstructions_limit = 10\n", "5:14 rules.line_limit", "from 40"),
        ("[rules]\nchurn_percent = 101\n", "5:17 rules.churn_percent", "to 100"),
        ("[absence]\nmisses = 0\n", "5:10 absence.misses", "from 1"),
        ("[absence]\nmass_change_percent = 0\n", "5:23 absence.mass_change_percent", "from 1"),
        ("[jobs]\nahead_days = 0\n", "5:14 jobs.ahead_days", "from 1"),
        ("[polling]\nat_once = 0\n", "5:11 polling.at_once", "from 1"),
        ("[polling]\ntimeout_seconds = 301\n", "5:19 polling.timeout_seconds", "to 300"),
        ("[local]\nport = 70000\n", "5:8 local.port", "to 65535"),
    ] {
        one(text, place, words);
    }
    one(
        "[rules]\nline_limit = 50\ninstructions_limit = 51\n",
        "6:22 rules.instructions_limit",
        "must not be above `line_limit`",
    );
}

#[test]
fn words_are_one_of_the_known() {
    one("[absence]\nwithdraw = \"automatc\"\n", "5:12 absence.withdraw", "did you mean `automatic`?");
    one("[jobs]\nnotify = \"crew and customer\"\n", "5:10 jobs.notify", "`crew_and_customer`");
    one("[jobs]\nwithout_job = [\"no_service\", 3]\n", "5:30 jobs.without_job[1]", "expected a string");
}

#[test]
fn blank_text_and_odd_names_are_faults() {
    let (places, told) = faults("[organization]\nid = \"my house\"\nname = \" \"\n");
    assert_eq!(places, ["2:6 organization.id", "3:8 organization.name"], "{told}");
    one("[properties.\"a/b\"]\nname = \"P\"\nzone = \"UTC\"\n", "4:13 properties.a/b", "must be a name of letters");
}

#[test]
fn entries_must_agree() {
    let (places, told) = after_head(concat!(
        "[jobs]\nconnection = \"desk\"\nmirror = \"table\"\n",
        "[connections.dask]\nvendor = \"v\"\nsecret = \"s\"\n",
        "[properties.birch]\nname = \"B\"\nzone = \"Mars/Olympus\"\nlisted_as = { itrip = [\"House  One\"] }\n",
        "owner_overrides = [{ pattern = \"x\", to = \"nowhere\" }]\n",
        "[properties.cedar]\nname = \"C\"\nzone = \"UTC\"\nlisted_as = { itrip = [\"house one\"] }\n",
        "[feeds.f]\nproperty = \"brich\"\nurl = \"ftp://a.example/x\"\n",
    ));
    assert_eq!(
        places,
        [
            "5:14 jobs.connection",
            "6:10 jobs.mirror",
            "12:8 properties.birch.zone",
            "14:19 properties.birch.owner_overrides",
            "18:23 properties.cedar.listed_as.itrip",
            "20:12 feeds.f.property",
            "21:7 feeds.f.url",
        ],
        "{told}"
    );
    assert!(told.contains("did you mean `dask`?") && told.contains("did you mean `birch`?"), "{told}");
}

#[test]
fn a_property_with_a_fault_of_its_own_is_still_there_for_its_feeds() {
    one(
        "[properties.p]\nname = 3\nzone = \"UTC\"\n[feeds.f]\nproperty = \"p\"\nurl = \"https://a.example/x\"\n",
        "5:8 properties.p.name",
        "expected a string",
    );
}

#[test]
fn plain_http_needs_the_local_permission() {
    let text = format!(
        "{HEAD}[connections.c]\nvendor = \"v\"\nsecret = \"s\"\nbase_url = \"http://127.0.0.1:9\"\n\
         [properties.p]\nname = \"P\"\nzone = \"UTC\"\n[feeds.f]\nproperty = \"p\"\nurl = \"http://a.example/x?t=tok-1\"\n"
    );
    let (places, told) = faults(&text);
    assert_eq!(places, ["7:12 connections.c.base_url", "13:7 feeds.f.url"]);
    assert!(told.contains("allow_http") && !told.contains("tok-1"), "{told}");
    assert!(read(&format!("{text}[local]\nallow_http = true\n")).is_ok_and(|read| read.local.allow_http));
}

#[test]
fn syntax_errors_and_doubled_keys_have_a_place() {
    let (places, _) = after_head("[rules]\nmisses = = 3\n");
    assert!(places.iter().any(|place| place.starts_with("5:")), "{places:?}");
    let (places, told) = after_head("[rules]\nreview_nights = 3\nreview_nights = 4\n");
    assert!(places.iter().any(|place| place.starts_with("6:")), "{places:?}");
    assert!(told.contains("duplicate"), "{told}");
}

#[test]
fn columns_count_characters() {
    one("\"mañana\" = { a = 1 }\n", "4:1 organization.mañana", "no known key");
    one("[mail]\nsenders = [\"ñññ\", \"\"]\n", "5:19 mail.senders[1]", "blank");
}

#[test]
fn faults_of_many_kinds_come_together_in_the_order_of_the_file() {
    let (places, told) = after_head(
        "[rules]\nservice_tme = \"10:00\"\nlong_term_nights = 0\n[absence]\nmisses = \"three\"\n[feeds.f]\nproperty = \"p\"\n",
    );
    assert_eq!(
        places,
        ["5:1 rules.service_tme", "6:20 rules.long_term_nights", "8:10 absence.misses", "9:1 feeds.f.url",],
        "{told}"
    );
}

const OWN: &str = "[vendors.bay]\nmanifest = \"vendors/bay\"\n[connections.bay]\nvendor = \"bay\"\nsecret = \"bay\"\n\
                   [connections.crm]\nvendor = \"hubspot\"\nsecret = \"crm\"\n";

#[test]
fn a_vendor_of_ones_own_is_named_by_its_folder() {
    let read = read(&format!("{HEAD}{OWN}")).unwrap();
    let named = &read.vendors["bay"];
    assert_eq!((named.folder.as_str(), named.line, named.column), ("vendors/bay", 5, 12));
    let fault = named.fault("bay", "there is none".to_owned());
    assert_eq!(fault.to_string(), "line 5, column 12: `vendors.bay.manifest`: there is none");
    one("[vendors.bay]\n", "4:1 vendors.bay.manifest", "is missing");
}

#[test]
fn a_vendor_of_ones_own_is_told_no_other_vendors_secret() {
    let place = "8:10 connections.bay.secret";
    one(&OWN.replace("secret = \"bay\"", "secret = \"crm\""), place, "another vendor's");
    one(&OWN.replace("secret = \"bay\"", "secret = \"crm.tokens\""), place, "another vendor's");
    one(&format!("{OWN}[mail]\nsecret = \"bay\"\n"), place, "another vendor's");
}

#[test]
fn a_reaction_whose_condition_does_not_compile_is_a_fault() {
    let reaction = |when: &str| {
        format!("[reactions.r]\nsource = \"v\"\nevents = [\"job.*\"]\naction = \"ignore\"\nwhen = '{when}'\n")
    };
    one(&reaction(".job |"), "8:8 reactions.r.when", "is no jq expression");
    one(&reaction("repeat(1)"), "8:8 reactions.r.when", "`repeat`");
    assert_eq!(after_head(&reaction(".job.id == \"7\"")).0, [""; 0]);
}

#[test]
fn a_vendor_that_nobody_has_is_a_fault() {
    let text = |vendor: &str, source: &str| {
        format!(
            "{HEAD}[connections.c]\nvendor = \"{vendor}\"\nsecret = \"s\"\n\n\
             [reactions.r]\nsource = \"{source}\"\nevents = [\"*\"]\naction = \"notice\"\n\n\
             [vendors.harborstay]\nmanifest = \"vendors/harborstay\"\n"
        )
    };
    let told = |vendor: &str, source: &str| {
        let faults = read_knowing(&text(vendor, source), &["housecallpro", "meta"]).err().unwrap_or_default();
        faults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(told("housecallpro", "harborstay"), [""; 0]);
    assert_eq!(
        told("housecalpro", "metaa"),
        [
            "line 5, column 10: `connections.c.vendor`: there is no vendor `housecalpro`; did you mean `housecallpro`?",
            "line 9, column 10: `reactions.r.source`: there is no vendor `metaa`; did you mean `meta`?",
        ]
    );
    assert_eq!(
        told("elsewhere-and-far-away", "harborsty"),
        [
            "line 5, column 10: `connections.c.vendor`: there is no vendor `elsewhere-and-far-away`; one of your own is \
             described under [vendors]",
            "line 9, column 10: `reactions.r.source`: there is no vendor `harborsty`; did you mean `harborstay`?",
        ]
    );
}
