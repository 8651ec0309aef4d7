//! Signing and encrypting payloads.

use crate::codec::bundle_of;
use criterion::{BenchmarkId, Criterion, Throughput};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use spacelink::bpsec::{BcbAesGcm, BibHmacSha2, HmacVariant, Policy, Role, Rule, process, protect};
use spacelink::keys::{Key, KeyId};
use std::hint::black_box;

type RuleFor = fn(Role) -> Rule;

const SIGNING: BibHmacSha2 = BibHmacSha2 { variant: HmacVariant::Sha256, ..BibHmacSha2::DEFAULT };
const SIZES: &[(&str, usize)] = &[("1kB", 1_000), ("1MB", 1_000_000)];

/// `bundle/bpsec_bib` signs with HMAC-SHA-256, `bundle/bpsec_bcb` encrypts with AES-256-GCM, each over all there is;
/// `…_check` is the acceptor's part.
pub fn bpsec(criterion: &mut Criterion) {
    let keys = [(KeyId(1), Key::new(&[7; 32]).unwrap())];
    let node = "ipn:1.0".parse().unwrap();
    let mut group = criterion.benchmark_group("bundle");
    let rules: [(&str, RuleFor); 2] = [
        ("bpsec_bib", |role| Rule::new(role, SIGNING, KeyId(1))),
        ("bpsec_bcb", |role| Rule::new(role, BcbAesGcm::DEFAULT, KeyId(1))),
    ];
    for (which, rule) in rules {
        let [source, acceptor] =
            [Role::Source, Role::Acceptor].map(|role| Policy { rules: vec![rule(role)] });
        for &(name, len) in SIZES {
            let bundle = bundle_of(len);
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            group.throughput(Throughput::Bytes(len as u64));
            group.bench_function(BenchmarkId::new(which, name), |bencher| {
                bencher
                    .iter(|| protect(black_box(&bundle).clone(), &source, &node, &keys, &mut rng).unwrap());
            });
            let sent = protect(bundle, &source, &node, &keys, &mut rng).unwrap();
            group.bench_function(BenchmarkId::new(format!("{which}_check"), name), |bencher| {
                bencher.iter(|| process(black_box(&sent).clone(), &acceptor, &keys).0.unwrap());
            });
        }
    }
    group.finish();
}
