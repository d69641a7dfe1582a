//! Data quality: duplicates among 100,000 people, two thousand of whom were written down twice, in one process on one core.
//!
//! `cargo run --release -p lintel-bench --bin bench-quality`

use lintel_domain::{
    quality::{DuplicateSearch, Duplicates},
    records::{Currency, Entity, Fields, Record, RecordKey},
};
use peak_alloc::PeakAlloc;
use serde_json::json;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const PEOPLE: usize = 100_000;
/// Every so manieth is the one before once more.
const TWICE: usize = 50;
const ROUNDS: usize = 5;
const BAR: Duration = Duration::from_secs(5);

const FIRST: [&str; 24] = [
    "Ada", "Ben", "Cleo", "Dev", "Edda", "Finn", "Gita", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona", "Nils",
    "Olive", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wanda", "Yara",
];
const BEGINNINGS: [&str; 20] = [
    "Ald", "Birk", "Cor", "Dun", "Elm", "Far", "Gar", "Hol", "Ing", "Jes", "Kel", "Lom", "Mar", "Nor", "Oak", "Pem",
    "Ros", "Sel", "Tam", "Wes",
];
const ENDINGS: [&str; 15] = [
    "berg", "brook", "bury", "combe", "dale", "field", "ford", "ham", "ley", "man", "mont", "son", "stead", "ton",
    "wood",
];
const STREETS: [[&str; 2]; 6] = [
    ["North Test Street", "N Test St."],
    ["Mock Avenue", "Mock Ave"],
    ["Sample Road", "Sample Rd."],
    ["Fixture Lane", "Fixture Ln"],
    ["Example Boulevard", "Example Blvd"],
    ["Stub Court", "Stub Ct"],
];

fn main() -> anyhow::Result<()> {
    let records: Vec<Record> = (0..PEOPLE).map(person).collect();
    let mut times = Vec::new();
    let mut found = Duplicates::default();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut search = DuplicateSearch::default();
        for record in &records {
            search.add(record);
        }
        found = search.find();
        times.push(start.elapsed());
    }
    let peak = MEMORY.peak_usage().saturating_sub(before);
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();

    let together: BTreeSet<(&RecordKey, &RecordKey)> = found
        .found
        .iter()
        .filter(|group| group.kind.is_surplus())
        .flat_map(|group| group.keys.iter().flat_map(|one| group.keys.iter().map(move |other| (one, other))))
        .collect();
    let planted = (0..PEOPLE).filter(|at| is_twice(*at));
    let missed = planted.clone().filter(|at| !together.contains(&(&key(at - 1), &key(*at)))).count();
    println!("duplicates: {PEOPLE} people, {} written down twice, median of {ROUNDS} rounds", planted.count());
    println!("  found            {:8.2} s, bar {} s", median.as_secs_f64(), BAR.as_secs());
    println!("  missed           {missed:8}");
    println!("  surplus in all   {:8}, groups of all kinds {}", found.surplus, found.found.len());
    println!("  peak memory      {:8} MB beside the records", peak / 1_000_000);
    anyhow::ensure!(missed == 0, "people who were written down twice were missed");
    anyhow::ensure!(median <= BAR, "the bar is missed");
    Ok(())
}

fn is_twice(at: usize) -> bool {
    at % TWICE == TWICE - 1
}

fn key(at: usize) -> RecordKey {
    RecordKey::new("tenants", &format!("{at:06}"))
}

/// Somebody of their own, or the one before: by the mailbox with another phone, or by name and home in another spelling alone.
fn person(at: usize) -> Record {
    let who = if is_twice(at) { at - 1 } else { at };
    let again = usize::from(is_twice(at));
    let by_mail = at % (2 * TWICE) < TWICE;
    let pick = |words: &[&'static str], salt: usize| words[mixed(who, salt) % words.len()];
    let last = format!("{}{}", pick(&BEGINNINGS, 2), pick(&ENDINGS, 3));
    let street = STREETS[mixed(who, 4) % STREETS.len()][again];
    let mailbox = if again == 1 && !by_mail { "again" } else { "own" };
    let phone = |salt: usize| format!("({}) 555-01{:02}", 201 + mixed(at, salt) % 789, mixed(at, salt + 1) % 100);
    let values = json!({
        "kind": "tenant",
        "first_name": pick(&FIRST, 1),
        "last_name": last,
        "email": format!("{mailbox}.{who}@example.com"),
        "mobile_phone": (!at.is_multiple_of(3)).then(|| phone(5)),
        "home_phone": at.is_multiple_of(5).then(|| phone(7)),
        "address_line1": format!("{} {street}", 100 + who % 9_000),
        "address_line2": (who % 5 == 3).then(|| format!("{} {}", ["Apartment", "#"][again], 1 + who % 40)),
        "city": "Sampletown",
        "postal_code": "00000",
    });
    let fields = Fields::read(Entity::Person, values.as_object().cloned().unwrap_or_default(), Currency::USD).0;
    Record { entity: Entity::Person, key: key(at), fields }
}

/// Even, and the same in every run (the mixing of `SplitMix64`).
fn mixed(at: usize, salt: usize) -> usize {
    let mut mixed = (at as u64) << 8 | salt as u64;
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default()
}
