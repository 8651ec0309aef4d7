//! What every store must do, and a model to hold each against: one harness for all of them.

use super::disk::Disk;
use super::homes::{Home, InFile, InMemory, OnDisk};
use bytes::Bytes;
use proptest::prelude::*;
use spacelink::bpa::{Durability, Key, Memory, Recovered, Store, StoreError, StoreEvent};
use spacelink::time::DtnTime;
use std::collections::BTreeMap;

const NOW: DtnTime = DtnTime(1000);
const LATER: DtnTime = DtnTime(2000);

fn events(store: &mut impl Store) -> Vec<StoreEvent> {
    std::iter::from_fn(|| store.poll_event()).collect()
}

fn octets(len: usize, seed: u8) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 ^ seed).collect()
}

/// Key, record and octets of the payload.
type Bundle = (Key, Vec<u8>, u64);

/// What a store finds when it is opened.
fn recovered(store: &mut impl Store) -> (Vec<Bundle>, Vec<(Vec<u8>, u64)>) {
    let (mut bundles, mut memories) = (Vec::new(), Vec::new());
    store
        .recover(&mut |found| match found {
            Recovered::Bundle { key, record, payload_len } => {
                bundles.push((key, record.to_vec(), payload_len))
            }
            Recovered::Memory(memory) => memories.push((memory.id.to_vec(), memory.until.0)),
        })
        .unwrap();
    (bundles, memories)
}

/// Payloads around the bounds of pieces, whole and spooled, read by range.
fn keeps_payloads(home: &impl Home) {
    let mut store = home.open();
    recovered(&mut store);
    for len in [0, 1, 1000, 507, 508, 509, 65_531, 65_532, 65_533, 131_064, 200_000] {
        for committed in [false, true] {
            let expected = octets(len, len as u8);
            let whole = store.put(b"whole", expected.clone().into()).unwrap();
            let spooled = store.begin().unwrap();
            for piece in expected.chunks(7_777) {
                store.append(spooled, piece).unwrap();
            }
            assert_eq!(store.payload_len(spooled), Some(len as u64));
            store.keep(spooled, b"spooled").unwrap();
            if committed {
                store.commit(NOW);
            }
            for key in [whole, spooled] {
                assert_eq!(store.payload_len(key), Some(len as u64));
                assert_eq!(store.payload(key).unwrap(), expected, "{len}");
                for (from, room) in [(0, 10), (len / 2, 70_000), (len, 5), (len.saturating_sub(3), 10)] {
                    let mut out = vec![0; room];
                    let read = store.read(key, from as u64, &mut out).unwrap();
                    assert_eq!(out[..read], expected[from..len.min(from + room)]);
                }
                store.remove(key, None);
                assert_eq!(store.payload(key), Err(StoreError::Unknown(key)));
            }
        }
    }
}

/// Keys that are not there, and spools that are no bundles yet.
fn refuses_what_is_not_there(home: &impl Home) {
    let mut store = home.open();
    recovered(&mut store);
    let nothing = Key(12);
    assert_eq!(store.append(nothing, b"x"), Err(StoreError::Unknown(nothing)));
    assert_eq!(store.keep(nothing, b"x"), Err(StoreError::Unknown(nothing)));
    assert_eq!(store.update(nothing, b"x"), Err(StoreError::Unknown(nothing)));
    assert_eq!(store.read(nothing, 0, &mut [0]), Err(StoreError::Unknown(nothing)));
    store.remove(nothing, None);
    let bundle = store.put(b"x", Bytes::from_static(b"payload")).unwrap();
    assert_eq!(store.append(bundle, b"x"), Err(StoreError::Unknown(bundle)));
    assert_eq!(store.read(bundle, u64::MAX, &mut [0; 4]), Ok(0));
    let next = store.put(b"x", Bytes::new()).unwrap();
    assert!(next > bundle);
}

/// What was committed is found again, in order; spools and what was removed are not; identities are, for their time.
fn survives_a_restart(home: &impl Home) {
    let mut store = home.open();
    if store.durability() == Durability::Volatile {
        return;
    }
    assert_eq!(recovered(&mut store), (vec![], vec![]));
    let first = store.put(b"first", octets(100_000, 1).into()).unwrap();
    let second = store.put(b"second", Bytes::from_static(b"2")).unwrap();
    let third = store.put(b"third", Bytes::from_static(b"3")).unwrap();
    let spool = store.begin().unwrap();
    store.append(spool, &octets(100_000, 2)).unwrap();
    assert_eq!(events(&mut store), []);
    store.commit(NOW);
    assert_eq!(events(&mut store), [first, second, third].map(StoreEvent::Durable));
    store.remove(second, Some(Memory { id: b"the second", until: LATER }));
    store.update(third, b"third again").unwrap();
    store.append(spool, &octets(100_000, 2)).unwrap();
    store.commit(NOW);
    assert_eq!(events(&mut store), [StoreEvent::Removed(second)]);
    let lost = store.put(b"not committed", Bytes::from_static(b"4")).unwrap();
    assert!(store.payload(lost).is_ok());
    drop(store);

    let mut store = home.open();
    let bundles = vec![(first, b"first".to_vec(), 100_000), (third, b"third again".to_vec(), 1)];
    assert_eq!(recovered(&mut store), (bundles, vec![(b"the second".to_vec(), LATER.0)]));
    assert_eq!(store.payload(first).unwrap(), octets(100_000, 1));
    assert_eq!(store.payload_len(spool), None);
    assert!(store.put(b"", Bytes::new()).unwrap() > third);
    store.commit(LATER);
    drop(store);
    let mut store = home.open();
    assert_eq!(recovered(&mut store).1, [], "remembered beyond its time");
}

/// Keys of what is kept, with record and payload.
type Model = BTreeMap<Key, (Vec<u8>, Vec<u8>)>;

/// Any sequence of operations does to a store what it does to a map, restarts included.
fn follows_the_model(home: &impl Home, steps: &[(u8, u16)]) {
    let mut store = home.open();
    recovered(&mut store);
    let durable = store.durability() == Durability::Deferred;
    let (mut now, mut safe) = (Model::new(), Model::new());
    let mut spools: Vec<(Key, Vec<u8>)> = Vec::new();
    // A commit under way, and what is safe once it is done.
    let mut under_way = None;
    for &(what, number) in steps {
        let pick = |model: &Model| model.keys().nth(usize::from(number) % model.len().max(1)).copied();
        let payload = octets(usize::from(number) * 3, what);
        let record = number.to_be_bytes().to_vec();
        match what {
            0..=2 => {
                let key = store.put(&record, payload.clone().into()).unwrap();
                now.insert(key, (record, payload));
            }
            3 => spools.push((store.begin().unwrap(), Vec::new())),
            4 | 5 => {
                if let Some((key, have)) = spools.last_mut() {
                    store.append(*key, &payload).unwrap();
                    have.extend_from_slice(&payload);
                }
            }
            6 => {
                if let Some((key, payload)) = spools.pop() {
                    store.keep(key, &record).unwrap();
                    now.insert(key, (record, payload));
                }
            }
            7 => {
                if let Some((key, _)) = spools.pop() {
                    store.remove(key, None);
                }
            }
            8 | 9 => {
                if let Some(key) = pick(&now) {
                    store.remove(key, None);
                    now.remove(&key);
                }
            }
            10 => {
                if let Some(key) = pick(&now) {
                    store.update(key, &record).unwrap();
                    now.get_mut(&key).unwrap().0 = record;
                }
            }
            11 if durable => {
                // A commit that has not run keeps the database open, and there is no lock on this disk.
                under_way = None;
                drop(store);
                store = home.open();
                let found: Vec<_> = safe
                    .iter()
                    .map(|(key, (record, payload))| (*key, record.clone(), payload.len() as u64))
                    .collect();
                assert_eq!(recovered(&mut store).0, found);
                now = safe.clone();
                spools.clear();
            }
            11 | 12 => {
                if let Some(commit) = store.begin_commit(NOW) {
                    under_way = Some((commit, now.clone()));
                }
            }
            13 => {
                if let Some((commit, then)) = under_way.take() {
                    store.end_commit(commit.run());
                    safe = then;
                }
            }
            _ => {
                store.commit(NOW);
                if under_way.is_none() {
                    safe = now.clone();
                }
            }
        }
        for (key, (_, payload)) in &now {
            assert_eq!(store.payload(*key).unwrap(), *payload);
        }
    }
}

#[test]
fn memory() {
    keeps_payloads(&InMemory);
    refuses_what_is_not_there(&InMemory);
    survives_a_restart(&InMemory);
}

#[test]
fn durable_on_a_disk_in_memory() {
    keeps_payloads(&OnDisk(Disk::new(1)));
    refuses_what_is_not_there(&OnDisk(Disk::new(2)));
    survives_a_restart(&OnDisk(Disk::new(3)));
}

#[test]
fn durable_in_files() {
    survives_a_restart(&InFile::new());
}

/// While a commit is under way the store goes on; nothing of it is durable before it has ended, and what came later
/// is not with it.
#[test]
fn a_commit_under_way_promises_nothing() {
    let home = OnDisk(Disk::new(5));
    let mut store = home.open();
    recovered(&mut store);
    let [kept, gone] = [1, 2].map(|seed| store.put(b"first", octets(70_000, seed).into()).unwrap());
    let spool = store.begin().unwrap();
    store.append(spool, &octets(70_000, 3)).unwrap();
    let commit = store.begin_commit(NOW).unwrap();
    assert!(store.begin_commit(NOW).is_none(), "one at a time");
    let later = store.put(b"later", Bytes::from_static(b"later")).unwrap();
    store.remove(gone, None);
    store.append(spool, b"and more").unwrap();
    store.keep(spool, b"spooled").unwrap();
    assert_eq!(store.payload(kept).unwrap(), octets(70_000, 1));
    assert_eq!(store.payload_len(spool), Some(70_008));
    let outcome = std::thread::spawn(move || commit.run()).join().unwrap();
    assert_eq!(events(&mut store), []);
    store.end_commit(outcome);
    assert_eq!(events(&mut store), [StoreEvent::Durable(kept)]);
    drop(store);
    let mut store = home.open();
    let found: Vec<_> = recovered(&mut store).0.into_iter().map(|(key, ..)| key).collect();
    assert_eq!(found, [kept, gone], "the removal and {later:?} were for the next commit");
}

/// A spool that became a bundle while the commit with its pieces was failing is not there in part.
#[test]
fn what_was_kept_during_a_failing_commit_fails_with_it() {
    let disk = Disk::new(6);
    let home = OnDisk(disk.clone());
    let mut store = home.open();
    recovered(&mut store);
    let spool = store.begin().unwrap();
    store.append(spool, &octets(70_000, 3)).unwrap();
    let commit = store.begin_commit(NOW).unwrap();
    store.keep(spool, b"spooled").unwrap();
    disk.fail_after(1);
    let outcome = commit.run();
    assert!(outcome.is_err());
    store.end_commit(outcome);
    assert_eq!(events(&mut store), [StoreEvent::Failed(spool)]);
    disk.repair();
    store.commit(NOW);
    drop(store);
    assert_eq!(recovered(&mut home.open()), (vec![], vec![]));
}

/// An octet that changes on the disk is found, in every piece and by every way of reading.
#[test]
fn damage_is_found() {
    let disk = Disk::new(8);
    let home = OnDisk(disk.clone());
    let mut store = home.open();
    recovered(&mut store);
    let mark = b"in the second piece";
    let mut payloads = [octets(1_000, 1), octets(150_000, 2), octets(1_000, 3)];
    payloads[1][70_000..][..mark.len()].copy_from_slice(mark);
    let keys = payloads.clone().map(|payload| store.put(b"record", payload.into()).unwrap());
    store.commit(NOW);
    drop(store);
    disk.damage(&payloads[0]);
    disk.damage(mark);
    let mut store = home.open();
    assert_eq!(recovered(&mut store).0.len(), 3);
    assert_eq!(store.payload(keys[0]), Err(StoreError::Damaged(keys[0])));
    assert_eq!(store.read(keys[0], 999, &mut [0]), Err(StoreError::Damaged(keys[0])));
    assert_eq!(store.payload(keys[1]), Err(StoreError::Damaged(keys[1])));
    assert_eq!(store.read(keys[1], 0, &mut [0; 65_000]), Ok(65_000), "another piece");
    assert_eq!(store.payload(keys[2]).unwrap(), payloads[2]);
}

#[test]
fn a_failed_commit_is_told_and_the_store_recovers_by_itself() {
    for operations in 1..40 {
        let disk = Disk::new(operations);
        let home = OnDisk(disk.clone());
        let mut store = home.open();
        recovered(&mut store);
        let old = store.put(b"old", Bytes::from_static(b"old")).unwrap();
        store.commit(NOW);
        let spool = store.begin().unwrap();
        store.append(spool, &octets(150_000, 1)).unwrap();
        let new = store.put(b"new", octets(90_000, 2).into()).unwrap();
        events(&mut store);
        disk.fail_after(operations);
        store.commit(NOW);
        let told = events(&mut store);
        if !disk.has_failed() {
            assert_eq!(told, [StoreEvent::Durable(new)]);
            continue;
        }
        assert_eq!(told, [StoreEvent::Failed(new)]);
        assert_eq!(store.payload(new), Err(StoreError::Unknown(new)));
        assert!(store.append(spool, b"x").is_err(), "its pieces are gone");
        disk.repair();
        let after = store.put(b"after", Bytes::from_static(b"after")).unwrap();
        store.remove(spool, None);
        store.commit(NOW);
        assert!(events(&mut store).contains(&StoreEvent::Durable(after)));
        assert_eq!(store.payload(old).unwrap(), "old");
        drop(store);
        let found: Vec<_> = recovered(&mut home.open()).0.into_iter().map(|(key, ..)| key).collect();
        assert_eq!(found, [old, after], "{operations}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn stores_follow_the_model(steps in prop::collection::vec((0..15u8, any::<u16>()), 1..60)) {
        follows_the_model(&InMemory, &steps);
        follows_the_model(&OnDisk(Disk::new(7)), &steps);
    }
}
