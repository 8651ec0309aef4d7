//! Where payloads go: into one file beside the database (as the store does it), into the database, into a file for
//! each, and, as the measure of all, raw sequential writing. Each bundle is put, made durable in a group, read back
//! and removed.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput};
use redb::{Database, ReadableDatabase, Table, TableDefinition};
use spacelink::bpa::Store;
use spacelink::io::store::DurableStore;
use spacelink::time::DtnTime;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;

const RECORDS: TableDefinition<u64, &[u8]> = TableDefinition::new("records");
const PAYLOADS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("payloads");
type Records<'a> = Table<'a, u64, &'static [u8]>;
type Payloads<'a> = Table<'a, (u64, u64), &'static [u8]>;
const PIECE: usize = 60 << 10;

pub fn compared(criterion: &mut Criterion) {
    for (name, len, count) in [("1kB", 1_000, 2_048), ("100kB", 100_000, 128), ("10MB", 10_000_000, 2)] {
        let payload = Bytes::from(vec![7; len]);
        let mut group = criterion.benchmark_group(format!("bpa/store/{name}"));
        group.sample_size(10).throughput(Throughput::Bytes((len * count) as u64));
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut store = DurableStore::open(folder.path().join("bundles.redb")).unwrap();
        store.recover(&mut |_| {}).unwrap();
        group.bench_function(BenchmarkId::from_parameter("payload_file"), |bencher| {
            bencher.iter(|| {
                let keys: Vec<_> =
                    (0..count).map(|_| store.put(&[1; 150], payload.clone()).unwrap()).collect();
                store.commit(DtnTime(1));
                for key in keys {
                    black_box(store.payload(key).unwrap());
                    store.remove(key, None);
                }
                store.commit(DtnTime(1));
                while store.poll_event().is_some() {}
            });
        });
        // Records and payloads in the database, in pieces that fit its pages of 64 KiB.
        let database = Database::create(folder.path().join("all.redb")).unwrap();
        let commit = |change: &dyn Fn(&mut Records<'_>, &mut Payloads<'_>)| {
            let mut transaction = database.begin_write().unwrap();
            transaction.set_two_phase_commit(true);
            change(
                &mut transaction.open_table(RECORDS).unwrap(),
                &mut transaction.open_table(PAYLOADS).unwrap(),
            );
            transaction.commit().unwrap();
        };
        let (mut next, pieces) = (0, len.div_ceil(PIECE) as u64);
        group.bench_function(BenchmarkId::from_parameter("database"), |bencher| {
            bencher.iter(|| {
                let keys = next..next + count as u64;
                next = keys.end;
                commit(&|records, payloads| {
                    for key in keys.clone() {
                        records.insert(key, &[1; 150][..]).unwrap();
                        for (at, piece) in (0..).zip(payload.chunks(PIECE)) {
                            payloads.insert((key, at), piece).unwrap();
                        }
                    }
                });
                let reading = database.begin_read().unwrap().open_table(PAYLOADS).unwrap();
                for key in keys.clone() {
                    let mut read = Vec::with_capacity(len);
                    for at in 0..pieces {
                        read.extend_from_slice(reading.get((key, at)).unwrap().unwrap().value());
                    }
                    black_box(read);
                }
                commit(&|records, payloads| {
                    for key in keys.clone() {
                        records.remove(key).unwrap();
                        (0..pieces).for_each(|at| _ = payloads.remove((key, at)).unwrap());
                    }
                });
            });
        });
        // Records in the database, each payload in a file of its own, all files flushed before the commit.
        let mut records = DurableStore::open(folder.path().join("records.redb")).unwrap();
        records.recover(&mut |_| {}).unwrap();
        group.bench_function(BenchmarkId::from_parameter("files"), |bencher| {
            bencher.iter(|| {
                let path = |at: usize| folder.path().join(at.to_string());
                let files: Vec<_> = (0..count)
                    .map(|at| {
                        let mut file = File::create(path(at)).unwrap();
                        file.write_all(&payload).unwrap();
                        file
                    })
                    .collect();
                files.iter().for_each(|file| file.sync_data().unwrap());
                let keys: Vec<_> =
                    (0..count).map(|_| records.put(&[1; 150], Bytes::new()).unwrap()).collect();
                records.commit(DtnTime(1));
                for (at, key) in keys.into_iter().enumerate() {
                    black_box(fs::read(path(at)).unwrap());
                    records.remove(key, None);
                }
                records.commit(DtnTime(1));
                (0..count).for_each(|at| fs::remove_file(path(at)).unwrap());
                while records.poll_event().is_some() {}
            });
        });
        // The disk's own rate: the same octets, written over the same file and flushed.
        let mut raw = File::create(folder.path().join("raw")).unwrap();
        group.bench_function(BenchmarkId::from_parameter("raw_sequential"), |bencher| {
            bencher.iter(|| {
                use std::io::Seek;
                raw.rewind().unwrap();
                (0..count).for_each(|_| raw.write_all(&payload).unwrap());
                raw.sync_data().unwrap();
            });
        });
        group.finish();
    }
}
