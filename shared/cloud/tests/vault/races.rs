//! Processes that change the keys at the same time. Each is stopped where it has read and has not written yet: at the
//! moment it asks for randomness.

use crate::place::{Place, TAX_ID, org, owner, purpose, sealed};
use lintel_cloud::vault::{NoRandomness, SecureRandom, SystemRandom};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{runtime::Handle, task::JoinHandle};

/// Waits for the other processes before the first randomness it gives.
#[derive(Debug)]
struct Together {
    others: Arc<Barrier>,
    met: AtomicBool,
}

impl Together {
    fn each_of(processes: usize) -> Vec<Arc<dyn SecureRandom>> {
        let others = Arc::new(Barrier::new(processes));
        let one = || Arc::new(Self { others: Arc::clone(&others), met: AtomicBool::new(false) });
        (0..processes).map(|_| one() as Arc<dyn SecureRandom>).collect()
    }
}

impl SecureRandom for Together {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        if !self.met.swap(true, Ordering::SeqCst) {
            self.others.wait();
        }
        SystemRandom.fill(bytes)
    }
}

/// On a thread of its own: what waits for the others blocks it, and a worker of the runtime that is blocked keeps back tasks that nobody
/// else may take.
fn process<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_make_the_keys_at_once_agree_on_one() {
    let place = Place::open().await;
    let sealing = Together::each_of(2).into_iter().map(|random| {
        let vault = place.vault_with(random);
        process(async move { sealed(&vault).await })
    });
    let mut values = Vec::new();
    for value in sealing.collect::<Vec<_>>() {
        values.push(value.await.unwrap());
    }
    assert_eq!(place.aws.calls().get("CreateSecret"), Some(&2), "both found nothing and made keys");
    assert_eq!(values[0].key(), values[1].key());
    for value in &values {
        assert_eq!(place.vault().open(&org(), &owner(), value, &purpose()).await.unwrap().expose(), TAX_ID);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_rotations_at_once_neither_loses_the_others_key() {
    let place = Place::open().await;
    let first = sealed(&place.vault()).await;
    let rotating = Together::each_of(2).into_iter().map(|random| {
        let vault = place.vault_with(random);
        process(async move {
            vault.rotate(&org(), &purpose()).await.unwrap();
            sealed(&vault).await
        })
    });
    let mut values = vec![first];
    for value in rotating.collect::<Vec<_>>() {
        values.push(value.await.unwrap());
    }
    assert_eq!(place.aws.calls().get("UpdateSecretVersionStage"), Some(&3), "one of them was overtaken");
    let keys: BTreeSet<&str> = values.iter().map(|value| value.key().as_str()).collect();
    assert_eq!(keys.len(), 3, "each rotation made a key of its own");
    for value in &values {
        assert_eq!(place.vault().open(&org(), &owner(), value, &purpose()).await.unwrap().expose(), TAX_ID);
    }
}
