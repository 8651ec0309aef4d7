use super::policy::{Role, Rule};
use super::{Computation, Policy, SecurityBlock, SecurityError, Service};
use crate::bundle::{Block, Bundle, Header, Reason, Rules, block_type};
use crate::keys::KeyStore;
use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;

/// Checks the security operations of a received bundle whose payload comes in pieces: verifier and acceptor.
///
/// Blocks other than the payload are checked and decrypted at once. Payload octets are passed through and decrypted
/// where they are; whoever spools them must not release one before [`finish`](Self::finish) has said that the bundle
/// stays, because only then the tag has been compared. Memory does not grow with the payload.
///
/// A fragment is left alone: its operations can be checked only when the bundle is whole again.
///
/// ```
/// use spacelink::bpsec::{BcbAesGcm, Policy, Processor, Role, Rule, protect};
/// use spacelink::bundle::{Bundle, Reason};
/// use spacelink::keys::{Key, KeyId};
/// # let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1);
///
/// let keys = [(KeyId(1), Key::new(&[7; 32]).unwrap())];
/// let [sending, receiving] = [Role::Source, Role::Acceptor]
///     .map(|role| Policy { rules: vec![Rule::new(role, BcbAesGcm::DEFAULT, KeyId(1))] });
/// let bundle = Bundle::builder("ipn:1.7".parse()?, "ipn:2.7".parse()?)
///     .age(core::time::Duration::ZERO)
///     .payload("secret")
///     .build()?;
/// let sent = protect(bundle.clone(), &sending, &"ipn:1.0".parse()?, &keys, &mut rng)?;
///
/// let (header, payload) = sent.into_parts();
/// let mut processor = Processor::new(header, &receiving, &keys);
/// let mut spool = Vec::new();
/// for piece in payload.chunks(4) {
///     let mut piece = piece.to_vec();
///     spool.extend_from_slice(processor.payload(&mut piece));
/// }
/// let outcome = processor.finish();
/// assert_eq!(outcome.deleted, None);
/// assert_eq!(outcome.header.with_payload(spool.into())?.payload(), bundle.payload());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: RFC 9172 §5.1.
pub struct Processor {
    pub(super) header: Header,
    rules: Rules,
    pub(super) operations: Vec<Found>,
    pub(super) outcome: Verdicts,
    /// Payload octets that came, those of a tag at the end included.
    seen: u64,
    /// Payload octets that are data.
    pub(super) data_len: u64,
    trailer: Vec<u8>,
    /// Security blocks whose operation on the primary block is to be taken out.
    pub(super) released: Vec<u64>,
    /// Other blocks on which there is one operation less.
    pub(super) bared: Vec<u64>,
}

/// What has been found out about a bundle.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The header as it goes on: without what was accepted, and what failed and was taken out.
    pub header: Header,
    /// What became of each operation that the policy is about.
    pub verdicts: Vec<Verdict>,
    /// Why the bundle is to be deleted, if it is. Nothing of it may then be used.
    pub deleted: Option<Reason>,
    /// Reasons to be reported to the bundle's report-to endpoint although it is not deleted.
    pub reports: Vec<Reason>,
}

/// What became of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Number of the security block; `None` for one that is missing.
    pub block: Option<u64>,
    /// Number of the target; 0 is the primary block.
    pub target: u64,
    /// What the operation is for.
    pub service: Service,
    /// Whether it was taken out or left.
    pub role: Role,
    /// Whether it holds.
    pub result: Result<(), SecurityError>,
}

#[derive(Default)]
pub(super) struct Verdicts {
    pub(super) verdicts: Vec<Verdict>,
    pub(super) deleted: Option<Reason>,
    pub(super) reports: Vec<Reason>,
}

/// An operation whose target is the payload: its outcome is known at the end.
pub(super) struct Found {
    pub(super) block: u64,
    pub(super) service: Service,
    pub(super) rule: Rule,
    pub(super) results: Vec<super::Item>,
    pub(super) computation: Box<dyn Computation>,
}

impl Processor {
    /// Starts with the header of a bundle, and with all operations that need no payload.
    #[must_use]
    pub fn new(header: Header, policy: &Policy, keys: &dyn KeyStore) -> Self {
        // Only what has been decrypted is news to the reader's rules.
        let rules = Rules { clockless_age: header.rules_kept().clockless_age, ..Rules::TAKEN };
        let data_len = header.payload_len();
        let mut processor = Self {
            header,
            rules,
            operations: Vec::new(),
            outcome: Verdicts::default(),
            seen: 0,
            data_len,
            trailer: Vec::new(),
            released: Vec::new(),
            bared: Vec::new(),
        };
        if processor.header.fragment().is_none() {
            processor.start(policy, keys);
        }
        processor
    }

    /// Whether the bundle is already known to be deleted, so that its payload need not be waited for.
    #[must_use]
    pub fn deleted(&self) -> Option<Reason> {
        self.outcome.deleted
    }

    /// Whether the payload is decrypted on the way.
    #[must_use]
    pub fn changes_payload(&self) -> bool {
        self.operations.iter().any(|found| found.service == Service::Confidentiality && found.opens())
    }

    /// Takes in the next octets of the payload and decrypts them where they are if the policy says so. Returns what
    /// of `piece` is payload: all of it, but for an authentication tag at the end.
    pub fn payload<'p>(&mut self, piece: &'p mut [u8]) -> &'p mut [u8] {
        let left = self.data_len.saturating_sub(self.seen);
        self.seen = self.seen.saturating_add(piece.len() as u64);
        let (data, trailer) =
            piece.split_at_mut(piece.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        self.trailer.extend(trailer.iter().take(MAX_TRAILER.saturating_sub(self.trailer.len())));
        // Signatures are over the text as it was before it was encrypted.
        for service in [Service::Confidentiality, Service::Integrity] {
            for found in self.operations.iter_mut().filter(|found| found.service == service) {
                // A text that is too long for the cipher has no tag that matches.
                let _ = found.computation.change(data);
            }
        }
        data
    }

    /// Takes in the next octets of a payload that is not decrypted; see [`changes_payload`](Self::changes_payload).
    pub fn read_payload(&mut self, piece: &[u8]) {
        self.seen = self.seen.saturating_add(piece.len() as u64);
        let len = piece.len();
        let data = match self.seen.saturating_sub(self.data_len) {
            0 => piece,
            over => {
                let (data, trailer) =
                    piece.split_at(len.saturating_sub(usize::try_from(over).unwrap_or(len)));
                self.trailer.extend(trailer.iter().take(MAX_TRAILER.saturating_sub(self.trailer.len())));
                data
            }
        };
        for found in &mut self.operations {
            let _ = found.computation.read(data);
        }
    }

    /// What is known now that the payload is whole.
    #[must_use]
    pub fn finish(mut self) -> Outcome {
        let operations = core::mem::take(&mut self.operations);
        let payload = self.header.payload_block().number();
        for found in operations {
            let result = found.computation.verify(&found.results, &self.trailer).map_err(SecurityError::from);
            self.conclude(&found.rule, Some(found.block), payload, result);
        }
        self.release_primary();
        self.restore_checks();
        if let (None, Err(error)) = (self.outcome.deleted, self.header.check_again(&self.rules)) {
            self.outcome.deleted = Some(SecurityError::from(error).reason());
        }
        let Verdicts { verdicts, deleted, reports } = self.outcome;
        Outcome { header: self.header, verdicts, deleted, reports }
    }
}

impl Found {
    /// Whether the target is decrypted.
    pub(super) fn opens(&self) -> bool {
        self.service == Service::Confidentiality && self.rule.role == Role::Acceptor
    }
}

/// Checks the security operations of a bundle in memory; see [`Processor`]. Returns the bundle as it goes on, unless
/// it is to be deleted, with what was found out.
#[must_use]
pub fn process(bundle: Bundle, policy: &Policy, keys: &dyn KeyStore) -> (Option<Bundle>, Outcome) {
    let (header, payload) = bundle.into_parts();
    let mut processor = Processor::new(header, policy, keys);
    let payload = if processor.changes_payload() {
        let mut payload = Vec::from(payload);
        let len = processor.payload(&mut payload).len();
        payload.truncate(len);
        Bytes::from(payload)
    } else {
        processor.read_payload(&payload);
        payload
    };
    let outcome = processor.finish();
    let bundle = match outcome.deleted {
        None => outcome.header.clone().with_payload(payload).ok(),
        Some(_) => None,
    };
    (bundle, outcome)
}

/// The content of a security block.
pub(super) fn read(block: &Block) -> Result<SecurityBlock, SecurityError> {
    SecurityBlock::decode(&block.data())
        .map_err(|error| SecurityError::Block { block: block.number(), error })
}

pub(super) const fn kind_of(service: Service) -> u64 {
    match service {
        Service::Integrity => block_type::INTEGRITY,
        Service::Confidentiality => block_type::CONFIDENTIALITY,
    }
}

/// No context has a longer one.
const MAX_TRAILER: usize = 64;
