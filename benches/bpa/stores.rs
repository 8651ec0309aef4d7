//! Where payloads go: the database against a file for each, and against raw sequential writing. Each bundle is put,
//! made durable in a group, read back and removed.

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput};
use spacelink::bpa::Store;
use spacelink::io::store::DurableStore;
use spacelink::time::DtnTime;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;

pub fn compared(criterion: &mut Criterion) {
    for (name, len, count) in [("1kB", 1_000, 2_048), ("100kB", 100_000, 128), ("10MB", 10_000_000, 2)] {
        let payload = Bytes::from(vec![7; len]);
        let mut group = criterion.benchmark_group(format!("bpa/store/{name}"));
        group.sample_size(10).throughput(Throughput::Bytes((len * count) as u64));
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut store = DurableStore::open(folder.path().join("bundles.redb")).unwrap();
        store.recover(&mut |_| {}).unwrap();
        group.bench_function(BenchmarkId::from_parameter("database"), |bencher| {
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
