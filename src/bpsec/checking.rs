//! Finding the operations of a received bundle that the policy is about, and starting to check them.

use super::policy::{Presence, Role, Rule};
use super::process::{Found, Processor, kind_of, read};
use super::scope::PRIMARY_NUMBER;
use super::{
    Computation, Direction, Operation, PRIMARY_BLOCK, Policy, SecurityBlock, SecurityError, Service,
    structure,
};
use crate::bundle::{Block, block_type};
use crate::keys::KeyStore;
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Processor {
    pub(super) fn start(&mut self, policy: &Policy, keys: &dyn KeyStore) {
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
        for (number, target) in structure::targets(&self.header, block_type::INTEGRITY).unwrap_or_default() {
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

    pub(super) fn is_encrypted(&self, number: u64) -> bool {
        structure::targets(&self.header, block_type::CONFIDENTIALITY)
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
