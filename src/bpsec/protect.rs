use super::policy::{Role, Rule};
use super::scope::PRIMARY_NUMBER;
use super::{
    Computation, Direction, Item, Operation, Policy, SecurityBlock, SecurityError, Service, structure,
};
use crate::bundle::{Block, BlockFlags, Bundle, CrcType, Eid, Header, Rules, block_type};
use crate::keys::KeyStore;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use rand_core::CryptoRng;

/// Adds security operations to a bundle whose payload comes in pieces: the security source.
///
/// The results stand before the payload on the wire and are known only after it. So the payload is passed through
/// once, encrypted on the way if the policy says so, and sent when [`finish`](Self::finish) has given the header to
/// send it with. Memory does not grow with the payload.
///
/// ```
/// use core::time::Duration;
/// use spacelink::bpsec::{BcbAesGcm, Policy, Protector, Role, Rule};
/// use spacelink::bundle::Bundle;
/// use spacelink::keys::{Key, KeyId};
/// # let mut rng = <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(1);
///
/// let keys = [(KeyId(1), Key::new(&[7; 32]).unwrap())];
/// let policy = Policy { rules: vec![Rule::new(Role::Source, BcbAesGcm::DEFAULT, KeyId(1))] };
/// let header = Bundle::builder("ipn:1.7".parse()?, "ipn:2.7".parse()?).age(Duration::ZERO).build_header(10)?;
///
/// let mut protector = Protector::new(header, &policy, &"ipn:1.0".parse()?, &keys, &mut rng)?;
/// let mut spool = Vec::new();
/// for piece in ["some", "secret"] {
///     let mut piece = piece.as_bytes().to_vec();
///     protector.payload(&mut piece)?;
///     spool.extend(piece);
/// }
/// let bundle = protector.finish()?.with_payload(spool.into())?;
/// assert_ne!(bundle.payload(), "somesecret");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: RFC 9172 §3.7 to §3.9.
pub struct Protector {
    header: Header,
    rules: Rules,
    blocks: Vec<Pending>,
    seen: u64,
}

/// A security block that is being made.
struct Pending {
    number: u64,
    service: Service,
    content: SecurityBlock,
    /// The computation over the payload, with its place among the targets.
    payload: Option<(usize, Box<dyn Computation>)>,
    /// The computation over an integrity block whose results are not known yet, with its place and number.
    integrity: Option<(usize, u64, Box<dyn Computation>)>,
}

impl Protector {
    /// Adds to the bundle of `header` what the rules for [`Role::Source`] say; `node` is named as security source.
    ///
    /// A target that is already signed, or encrypted, is not so again. Signatures of what is encrypted are encrypted
    /// too, so targets that will be encrypted and others are signed in blocks of their own. Targets lose their check
    /// sequences, as the contexts of RFC 9173 ask; the primary block keeps its own where others have added security
    /// blocks, which may cover it as it is.
    ///
    /// # Errors
    /// [`SecurityError`] when there is no such key, the context cannot do it, the bundle is a fragment, or part of what
    /// an integrity block of others covers would be encrypted and part not.
    pub fn new(
        header: Header,
        policy: &Policy,
        node: &Eid,
        keys: &dyn KeyStore,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, SecurityError> {
        let rules = header.rules_kept();
        let mut protector = Self { header, rules, blocks: Vec::new(), seen: 0 };
        let (integrity, confidentiality): (Vec<&Rule>, Vec<&Rule>) = policy
            .rules
            .iter()
            .filter(|rule| rule.role == Role::Source && rule.is_about(protector.header.primary()))
            .partition(|rule| rule.service() == Service::Integrity);
        if protector.header.fragment().is_some() && !(integrity.is_empty() && confidentiality.is_empty()) {
            return Err(SecurityError::Fragment);
        }
        let untouched = !protector.header.blocks().iter().any(Block::is_security);
        // The primary block is part of what others are signed with, so it loses its check sequence first.
        if untouched && integrity.iter().any(|rule| rule.targets.contains(&super::PRIMARY_BLOCK)) {
            protector.header.set_crc(PRIMARY_NUMBER, CrcType::None);
        }
        let hidden: Vec<u64> =
            confidentiality.iter().flat_map(|rule| protector.to_encrypt(rule, &[])).collect();
        for rule in integrity {
            protector.sign(rule, &hidden, node, keys, rng)?;
        }
        for rule in confidentiality {
            protector.encrypt(rule, node, keys, rng)?;
        }
        Ok(protector)
    }

    /// Whether the payload is encrypted on the way, so that what is sent is not what came in.
    #[must_use]
    pub fn changes_payload(&self) -> bool {
        self.blocks.iter().any(|block| block.service == Service::Confidentiality && block.payload.is_some())
    }

    /// Takes in the next octets of the payload, and encrypts them where they are if the policy says so.
    ///
    /// # Errors
    /// [`SecurityError::Context`] when the payload is longer than the cipher allows; [`SecurityError::Bundle`] when
    /// it is longer than the header says.
    pub fn payload(&mut self, piece: &mut [u8]) -> Result<(), SecurityError> {
        self.count(piece.len())?;
        // What is signed is the text before it is encrypted.
        for service in [Service::Integrity, Service::Confidentiality] {
            let blocks = self.blocks.iter_mut().filter(|block| block.service == service);
            for (_, computation) in blocks.filter_map(|block| block.payload.as_mut()) {
                computation.change(piece)?;
            }
        }
        Ok(())
    }

    /// Takes in the next octets of a payload that is not encrypted.
    ///
    /// # Errors
    /// As [`payload`](Self::payload); [`SecurityError::Changes`] when it is to be encrypted.
    pub fn read_payload(&mut self, piece: &[u8]) -> Result<(), SecurityError> {
        if self.changes_payload() {
            return Err(SecurityError::Changes);
        }
        self.count(piece.len())?;
        for (_, computation) in self.blocks.iter_mut().filter_map(|block| block.payload.as_mut()) {
            computation.read(piece)?;
        }
        Ok(())
    }

    /// The header to send the payload with.
    ///
    /// # Errors
    /// [`SecurityError::Bundle`] when the payload was shorter than the header said.
    pub fn finish(mut self) -> Result<Header, SecurityError> {
        let required = self.header.payload_len();
        if self.seen != required {
            let error = crate::bundle::BundleError::PayloadLength { required, found: self.seen };
            return Err(error.into());
        }
        let (integrity, confidentiality): (Vec<Pending>, Vec<Pending>) =
            self.blocks.into_iter().partition(|block| block.service == Service::Integrity);
        // Those that are already whole may be encrypted by now.
        for mut block in integrity.into_iter().filter(|block| block.payload.is_some()) {
            block.finish_payload();
            self.header.set_data(block.number, block.content.encode(), false)?;
        }
        for mut block in confidentiality {
            block.finish_payload();
            if let Some((at, number, mut computation)) = block.integrity.take() {
                let mut data = self.header.block(number).map(Block::data).unwrap_or_default().to_vec();
                computation.change(&mut data)?;
                self.header.set_data(number, data, false)?;
                block.set_results(at, computation.results());
            }
            self.header.set_data(block.number, block.content.encode(), false)?;
        }
        self.header.check_again(&self.rules)?;
        Ok(self.header)
    }

    fn count(&mut self, more: usize) -> Result<(), SecurityError> {
        let found = self.seen.saturating_add(more as u64);
        let required = self.header.payload_len();
        if found > required {
            return Err(crate::bundle::BundleError::PayloadLength { required, found }.into());
        }
        self.seen = found;
        Ok(())
    }

    /// Signs what a rule is about; `hidden` are the blocks that will be encrypted.
    fn sign(
        &mut self,
        rule: &Rule,
        hidden: &[u64],
        node: &Eid,
        keys: &dyn KeyStore,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), SecurityError> {
        let signed = structure::targets(&self.header, block_type::INTEGRITY)?;
        let encrypted = structure::targets(&self.header, block_type::CONFIDENTIALITY)?;
        let free = |number: u64, kind: u64| {
            !matches!(kind, block_type::INTEGRITY | block_type::CONFIDENTIALITY)
                && !signed.iter().chain(&encrypted).any(|(_, target)| *target == number)
        };
        let targets = self.targets(rule, free);
        let extensions = targets.iter().filter(|target| **target != PRIMARY_NUMBER);
        extensions.for_each(|&target| self.header.set_crc(target, CrcType::None));
        if !rule.context.shares_parameters() {
            return targets
                .into_iter()
                .try_for_each(|target| self.add(rule, BlockFlags::NONE, vec![target], node, keys, rng));
        }
        let (secret, open): (Vec<u64>, Vec<u64>) =
            targets.into_iter().partition(|target| hidden.contains(target));
        [open, secret]
            .into_iter()
            .filter(|targets| !targets.is_empty())
            .try_for_each(|targets| self.add(rule, BlockFlags::NONE, targets, node, keys, rng))
    }

    /// Numbers of the blocks that a rule encrypts, but for those that are `encrypted` already.
    fn to_encrypt(&self, rule: &Rule, encrypted: &[(u64, u64)]) -> Vec<u64> {
        self.targets(rule, |number, kind| {
            number != PRIMARY_NUMBER
                && kind != block_type::CONFIDENTIALITY
                && !encrypted.iter().any(|(_, target)| *target == number)
        })
    }

    fn encrypt(
        &mut self,
        rule: &Rule,
        node: &Eid,
        keys: &dyn KeyStore,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), SecurityError> {
        let encrypted = structure::targets(&self.header, block_type::CONFIDENTIALITY)?;
        let is_encrypted = |number: u64| encrypted.iter().any(|(_, target)| *target == number);
        let mut targets = self.to_encrypt(rule, &encrypted);
        // An integrity block would tell of the text it covers, so it is encrypted with it.
        let mut signatures: Vec<(u64, Vec<u64>)> = Vec::new();
        for block in self.header.blocks().iter().filter(|block| block.block_type() == block_type::INTEGRITY) {
            if is_encrypted(block.number()) {
                continue;
            }
            let covered = match self.blocks.iter().find(|pending| pending.number == block.number()) {
                Some(pending) => pending.content.targets.clone(),
                None => super::process::read(block)?.targets,
            };
            signatures.push((block.number(), covered));
        }
        for (number, covered) in signatures {
            let hidden = |target: &u64| targets.contains(target) || is_encrypted(*target);
            if !covered.iter().any(|target| targets.contains(target)) {
                continue;
            }
            if !covered.iter().all(hidden) {
                return Err(SecurityError::PartlyEncrypted { block: number });
            }
            if !targets.contains(&number) {
                targets.push(number);
            }
        }
        for target in targets {
            self.header.set_crc(target, CrcType::None);
            let is_payload = self.header.payload_block().number() == target;
            let flags = if is_payload { BlockFlags::REPLICATE } else { BlockFlags::NONE };
            self.add(rule, flags, vec![target], node, keys, rng)?;
        }
        Ok(())
    }

    /// Numbers of the blocks a rule is about.
    fn targets(&self, rule: &Rule, allowed: impl Fn(u64, u64) -> bool) -> Vec<u64> {
        let primary = [(PRIMARY_NUMBER, super::PRIMARY_BLOCK)];
        let others = self.header.all_blocks().map(|block| (block.number(), block.block_type()));
        primary
            .into_iter()
            .chain(others)
            .filter(|&(number, kind)| rule.targets.contains(&kind) && allowed(number, kind))
            .map(|(number, _)| number)
            .collect()
    }

    /// Adds a security block and computes over those of its targets that are there.
    fn add(
        &mut self,
        rule: &Rule,
        flags: BlockFlags,
        targets: Vec<u64>,
        node: &Eid,
        keys: &dyn KeyStore,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), SecurityError> {
        let key = keys.key(rule.key).ok_or(SecurityError::NoKey(rule.key))?;
        let service = rule.service();
        let block_type = match service {
            Service::Integrity => block_type::INTEGRITY,
            Service::Confidentiality => block_type::CONFIDENTIALITY,
        };
        let parameters = rule.context.parameters(key, rng)?;
        let results = vec![Vec::new(); targets.len()];
        let content =
            SecurityBlock { targets, context: rule.context.id(), source: node.clone(), parameters, results };
        let number = self.header.free_number();
        let mut pending = Pending { number, service, content, payload: None, integrity: None };
        // The block tells of its targets from now on; results follow.
        let block = Block::of_type(block_type, pending.content.encode());
        self.header.push_block(block.with_number(number).with_flags(flags).with_crc(CrcType::None));
        for at in 0..pending.content.targets.len() {
            let target = pending.content.targets[at];
            let operation = Operation {
                header: &self.header,
                block_type,
                number,
                flags,
                target,
                parameters: &pending.content.parameters,
                results: &[],
            };
            let mut computation = rule.context.start(&operation, key, Direction::Protect)?;
            if target == self.header.payload_block().number() {
                pending.payload = Some((at, computation));
                continue;
            }
            if self.blocks.iter().any(|block| block.number == target && block.payload.is_some()) {
                pending.integrity = Some((at, target, computation));
                continue;
            }
            match (service, target) {
                (Service::Integrity, PRIMARY_NUMBER) => {}
                (Service::Integrity, _) => {
                    computation.read(&self.header.block(target).map(Block::data).unwrap_or_default())?;
                }
                (Service::Confidentiality, _) => {
                    let mut data = self.header.block(target).map(Block::data).unwrap_or_default().to_vec();
                    computation.change(&mut data)?;
                    self.header.set_data(target, data, false)?;
                }
            }
            pending.set_results(at, computation.results());
        }
        self.header.set_data(number, pending.content.encode(), false)?;
        self.blocks.push(pending);
        Ok(())
    }
}

impl Pending {
    fn finish_payload(&mut self) {
        if let Some((at, computation)) = self.payload.take() {
            self.set_results(at, computation.results());
        }
    }

    fn set_results(&mut self, at: usize, results: Vec<Item>) {
        if let Some(place) = self.content.results.get_mut(at) {
            *place = results;
        }
    }
}

/// Adds to a bundle in memory what the rules for [`Role::Source`] say; see [`Protector`].
///
/// # Errors
/// As [`Protector::new`].
pub fn protect(
    bundle: Bundle,
    policy: &Policy,
    node: &Eid,
    keys: &dyn KeyStore,
    rng: &mut dyn CryptoRng,
) -> Result<Bundle, SecurityError> {
    let (header, payload) = bundle.into_parts();
    let mut protector = Protector::new(header, policy, node, keys, rng)?;
    if !protector.changes_payload() {
        protector.read_payload(&payload)?;
        return Ok(protector.finish()?.with_payload(payload)?);
    }
    let mut payload = Vec::from(payload);
    protector.payload(&mut payload)?;
    Ok(protector.finish()?.with_payload(payload.into())?)
}
