use super::policy::{Action, Presence, Role, Rule};
use super::scope::PRIMARY_NUMBER;
use super::{
    Computation, Direction, Operation, PRIMARY_BLOCK, Policy, SecurityBlock, SecurityError, Service,
    structure,
};
use crate::bundle::{Block, Bundle, CrcType, Header, Reason, Rules, block_type};
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
    header: Header,
    rules: Rules,
    operations: Vec<Found>,
    outcome: Verdicts,
    /// Payload octets that came, those of a tag at the end included.
    seen: u64,
    /// Payload octets that are data.
    data_len: u64,
    trailer: Vec<u8>,
    /// Security blocks whose operation on the primary block is to be taken out.
    released: Vec<u64>,
    /// Other blocks on which there is one operation less.
    bared: Vec<u64>,
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
struct Verdicts {
    verdicts: Vec<Verdict>,
    deleted: Option<Reason>,
    reports: Vec<Reason>,
}

/// An operation whose target is the payload: its outcome is known at the end.
struct Found {
    block: u64,
    service: Service,
    rule: Rule,
    results: Vec<super::Item>,
    computation: Box<dyn Computation>,
}

impl Processor {
    /// Starts with the header of a bundle, and with all operations that need no payload.
    #[must_use]
    pub fn new(header: Header, policy: &Policy, keys: &dyn KeyStore) -> Self {
        // Only what has been decrypted is news to the reader's rules.
        let mut rules = Rules::LENIENT;
        rules.clockless_age = header.rules_kept().clockless_age;
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

    fn start(&mut self, policy: &Policy, keys: &dyn KeyStore) {
        let rules: Vec<Rule> = policy
            .rules
            .iter()
            .filter(|rule| rule.role != Role::Source && rule.is_about(self.header.primary()))
            .cloned()
            .collect();
        if rules.is_empty() {
            return;
        }
        if let Err(error) = structure::check(&self.header) {
            self.outcome.deleted = Some(error.reason());
            return;
        }
        // Confidentiality first: it may hide integrity blocks.
        self.note_missing(Service::Confidentiality, &rules);
        self.start_blocks(Service::Confidentiality, &rules, keys);
        self.take_dangling();
        // Those that were hidden are to keep the rules too.
        if let Err(error) = structure::check_targets(&self.header) {
            self.outcome.deleted.get_or_insert(error.reason());
            return;
        }
        self.note_missing(Service::Integrity, &rules);
        self.start_blocks(Service::Integrity, &rules, keys);
    }

    fn start_blocks(&mut self, service: Service, rules: &[Rule], keys: &dyn KeyStore) {
        let kind = kind_of(service);
        let numbers: Vec<u64> =
            self.header.blocks().iter().filter(|b| b.block_type() == kind).map(Block::number).collect();
        numbers.into_iter().for_each(|number| self.start_block(number, service, rules, keys));
    }

    /// Takes out the integrity operations whose targets were taken out while the operations were still hidden.
    fn take_dangling(&mut self) {
        for (number, target) in targets_of(&self.header, block_type::INTEGRITY).unwrap_or_default() {
            if target != PRIMARY_NUMBER && self.header.block(target).is_none() {
                self.header.take_operation(number, target);
            }
        }
    }

    fn start_block(&mut self, number: u64, service: Service, rules: &[Rule], keys: &dyn KeyStore) {
        // It may be gone by now, with a target that failed, or still be encrypted.
        let Some(block) = self.header.block(number) else { return };
        if self.is_encrypted(number) {
            return;
        }
        let content = match read(block) {
            Ok(content) => content,
            Err(error) => {
                self.outcome.deleted.get_or_insert(error.reason());
                return;
            }
        };
        for at in 0..content.targets.len() {
            let target = content.targets[at];
            if self.header.block(number).is_none() {
                return;
            }
            if let Some(rule) = rules.iter().find(|rule| self.decides(rule, service, &content, target)) {
                self.start_operation(rule, number, &content, at, keys);
            }
        }
    }

    fn start_operation(
        &mut self,
        rule: &Rule,
        number: u64,
        content: &SecurityBlock,
        at: usize,
        keys: &dyn KeyStore,
    ) {
        let target = content.targets[at];
        let payload = self.header.payload_block().number();
        let being_opened = target == payload && self.changes_payload();
        if rule.service() == Service::Integrity && self.is_encrypted(target) && !being_opened {
            // Nothing can be said about it here.
            return;
        }
        match self.compute(rule, number, content, at, keys) {
            Ok(None) => self.conclude(rule, Some(number), target, Ok(())),
            Ok(Some(computation)) => {
                let trailer = computation.trailer_len() as u64;
                self.data_len = self.data_len.saturating_sub(trailer);
                let results = content.results.get(at).cloned().unwrap_or_default();
                let service = rule.service();
                let found = Found { block: number, service, rule: rule.clone(), results, computation };
                if found.opens() {
                    self.header.set_payload_len(self.data_len);
                }
                self.operations.push(found);
            }
            Err(error) => self.conclude(rule, Some(number), target, Err(error)),
        }
    }

    /// Does an operation, or starts it when its target is the payload.
    fn compute(
        &mut self,
        rule: &Rule,
        number: u64,
        content: &SecurityBlock,
        at: usize,
        keys: &dyn KeyStore,
    ) -> Result<Option<Box<dyn Computation>>, SecurityError> {
        if rule.presence == Presence::Forbidden {
            return Err(SecurityError::Unexpected);
        }
        if content.context != rule.context.id() {
            return Err(SecurityError::UnknownContext { context: content.context });
        }
        let (target, results) = (content.targets[at], content.results.get(at).map_or(&[][..], Vec::as_slice));
        let key = keys.key(rule.key).ok_or(SecurityError::NoKey(rule.key))?;
        let flags = self.header.block(number).map(Block::flags).unwrap_or_default();
        let direction = if rule.role == Role::Acceptor { Direction::Open } else { Direction::Check };
        let operation = Operation {
            header: &self.header,
            block_type: kind_of(rule.service()),
            number,
            flags,
            target,
            parameters: &content.parameters,
            results,
        };
        let mut computation = rule.context.start(&operation, key, direction)?;
        let Some(block) = self.header.block(target) else {
            // The primary block is all in what the context covers by itself.
            return Ok(computation.verify(results, &[]).map(|()| None)?);
        };
        if target == self.header.payload_block().number() {
            return Ok(Some(computation));
        }
        let mut data = block.data().to_vec();
        let len = data.len().saturating_sub(computation.trailer_len());
        let trailer = data.split_off(len);
        computation.change(&mut data)?;
        computation.verify(results, &trailer)?;
        if rule.service() == Service::Confidentiality && direction == Direction::Open {
            self.header.set_data(target, data, true)?;
        }
        Ok(None)
    }

    /// Notes what became of an operation and does what the policy says.
    fn conclude(&mut self, rule: &Rule, block: Option<u64>, target: u64, result: Result<(), SecurityError>) {
        let (service, role) = (rule.service(), rule.role);
        self.outcome.verdicts.push(Verdict { block, target, service, role, result });
        let Err(error) = result else {
            if let (Role::Acceptor, Some(block)) = (role, block) {
                self.release_operation(block, target);
            }
            return;
        };
        if rule.report {
            self.outcome.reports.push(error.reason());
        }
        let payload = self.header.payload_block().number();
        let undecrypted = role == Role::Acceptor && service == Service::Confidentiality && block.is_some();
        let unsigned = service == Service::Integrity
            && block.is_none()
            && (target == PRIMARY_NUMBER || target == payload);
        let action = match rule.on_failure {
            // RFC 9172 §5.1.2: such a bundle is neither forwarded nor delivered, whatever the policy.
            _ if unsigned => Action::DeleteBundle,
            Action::Keep | Action::RemoveOperation if undecrypted => Action::RemoveTarget,
            action => action,
        };
        match (action, block) {
            (Action::Keep, _) | (Action::RemoveOperation, None) => {}
            (Action::RemoveOperation, Some(block)) => self.release_operation(block, target),
            (Action::RemoveTarget, _) if target != PRIMARY_NUMBER && target != payload => {
                self.header.take_block(target);
            }
            (Action::RemoveTarget | Action::DeleteBundle, _) => {
                self.outcome.deleted.get_or_insert(error.reason());
            }
        }
    }

    /// Takes an operation out, now or at the end.
    fn release_operation(&mut self, number: u64, target: u64) {
        if target == PRIMARY_NUMBER {
            self.released.push(number);
        } else {
            self.header.take_operation(number, target);
            self.bared.push(target);
        }
    }

    /// Takes out the operations on the primary block that are to go, and gives it a check sequence in their place.
    ///
    /// Other operations may cover the primary block as it is, so this comes last, and not at all if such are left.
    fn release_primary(&mut self) {
        let released = core::mem::take(&mut self.released);
        let encrypted = targets_of(&self.header, block_type::CONFIDENTIALITY).unwrap_or_default();
        let signed = targets_of(&self.header, block_type::INTEGRITY).unwrap_or_default();
        let others =
            signed.iter().any(|(block, target)| *target != PRIMARY_NUMBER || !released.contains(block));
        if released.is_empty() || others || !encrypted.is_empty() {
            return;
        }
        released.iter().for_each(|&block| self.header.take_operation(block, PRIMARY_NUMBER));
        if self.header.primary().crc_type() == CrcType::None {
            self.header.set_crc(PRIMARY_NUMBER, CrcType::Crc32C);
        }
    }

    /// Gives check sequences to blocks that nothing else guards any more; their security source took theirs out.
    ///
    /// Source: RFC 9173 §3.8.2, §4.8.2.
    fn restore_checks(&mut self) {
        let signed = targets_of(&self.header, block_type::INTEGRITY).unwrap_or_default();
        let encrypted = targets_of(&self.header, block_type::CONFIDENTIALITY).unwrap_or_default();
        for target in core::mem::take(&mut self.bared) {
            let guarded = signed.iter().chain(&encrypted).any(|(_, other)| *other == target);
            let bare = self.header.block(target).is_some_and(|block| block.crc_type() == CrcType::None);
            if bare && !guarded {
                self.header.set_crc(target, CrcType::Crc32C);
            }
        }
    }

    /// Failures for targets that should have an operation and have none that is checked: one that no rule is about,
    /// such as a stranger's, is as good as none. What signs a target that stays encrypted is encrypted too.
    fn note_missing(&mut self, service: Service, rules: &[Rule]) {
        let checked = self.checked_targets(service, rules);
        let payload = self.header.payload_block().number();
        let opened = self.changes_payload().then_some(payload);
        for rule in rules.iter().filter(|rule| rule.is_required() && rule.service() == service) {
            let wanted = self.numbers().filter(|(_, kind)| rule.targets.contains(kind));
            let bare: Vec<u64> = wanted
                .map(|(number, _)| number)
                .filter(|number| !checked.contains(number))
                .filter(|&number| {
                    service == Service::Confidentiality
                        || opened == Some(number)
                        || !self.is_encrypted(number)
                })
                .collect();
            for target in bare {
                self.conclude(rule, None, target, Err(SecurityError::Missing));
            }
        }
    }

    /// Targets of the operations in the clear that a rule is about.
    fn checked_targets(&self, service: Service, rules: &[Rule]) -> Vec<u64> {
        let blocks = self.header.blocks().iter().filter(|block| block.block_type() == kind_of(service));
        let readable = blocks.filter(|block| !self.is_encrypted(block.number()));
        let mut targets = Vec::new();
        for content in readable.filter_map(|block| read(block).ok()) {
            let decided =
                |target: &&u64| rules.iter().any(|rule| self.decides(rule, service, &content, **target));
            targets.extend(content.targets.iter().filter(decided));
        }
        targets
    }

    /// Number and type of all blocks.
    fn numbers(&self) -> impl Iterator<Item = (u64, u64)> {
        let others = self.header.all_blocks().map(|block| (block.number(), block.block_type()));
        core::iter::once((PRIMARY_NUMBER, PRIMARY_BLOCK)).chain(others)
    }

    fn decides(&self, rule: &Rule, service: Service, content: &SecurityBlock, target: u64) -> bool {
        rule.service() == service
            && rule.security_source.matches(&content.source)
            && self.numbers().any(|(number, kind)| number == target && rule.covers(kind))
    }

    fn is_encrypted(&self, number: u64) -> bool {
        targets_of(&self.header, block_type::CONFIDENTIALITY)
            .is_ok_and(|targets| targets.iter().any(|(_, target)| *target == number))
    }
}

impl Rule {
    /// Whether the rule is about targets of this type. Who reads a block also reads what signs it, so integrity
    /// blocks are decrypted with any target.
    fn covers(&self, kind: u64) -> bool {
        self.targets.contains(&kind)
            || self.service() == Service::Confidentiality && kind == block_type::INTEGRITY
    }
}

impl Found {
    /// Whether the target is decrypted.
    fn opens(&self) -> bool {
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

/// Security block and target of all operations of one kind whose blocks are in the clear.
pub(super) fn targets_of(header: &Header, kind: u64) -> Result<Vec<(u64, u64)>, SecurityError> {
    structure::targets(header, kind)
}

const fn kind_of(service: Service) -> u64 {
    match service {
        Service::Integrity => block_type::INTEGRITY,
        Service::Confidentiality => block_type::CONFIDENTIALITY,
    }
}

/// No context has a longer one.
const MAX_TRAILER: usize = 64;
