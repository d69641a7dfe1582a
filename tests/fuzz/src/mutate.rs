//! Changes to a body, all drawn from one seeded generator so that a find can be made again.

/// Longest body made; growth by repetition stops there.
const LONGEST: usize = 64 * 1024;

/// A seed body after one to eight changes.
pub fn mutated(random: &mut fastrand::Rng, seeds: &[&[u8]], words: &[&str]) -> Vec<u8> {
    let mut body = pick(random, seeds).copied().unwrap_or_default().to_vec();
    for _ in 0..random.usize(1..=8) {
        change(random, &mut body, seeds, words);
        body.truncate(LONGEST);
    }
    body
}

fn change(random: &mut fastrand::Rng, body: &mut Vec<u8>, seeds: &[&[u8]], words: &[&str]) {
    let at = random.usize(0..=body.len());
    let end = at + random.usize(0..=(body.len() - at).min(400));
    match random.u8(0..8) {
        0 => {
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1 << random.u8(0..8);
            }
        }
        1 => {
            if let Some(byte) = body.get_mut(at) {
                *byte = random.u8(..);
            }
        }
        2 => body.truncate(at),
        3 => {
            body.drain(at..end);
        }
        4 => {
            let chunk = body.get(at..end).unwrap_or_default().repeat(random.usize(1..60));
            body.splice(at..at, chunk);
        }
        5 => {
            let other = pick(random, seeds).copied().unwrap_or_default();
            let from = random.usize(0..=other.len());
            let to = from + random.usize(0..=other.len() - from);
            body.splice(at..end, other.get(from..to).unwrap_or_default().iter().copied());
        }
        _ => {
            let word = pick(random, words).copied().unwrap_or_default();
            body.splice(at..at, word.bytes());
        }
    }
}

fn pick<'a, T>(random: &mut fastrand::Rng, from: &'a [T]) -> Option<&'a T> {
    if from.is_empty() { None } else { from.get(random.usize(0..from.len())) }
}
