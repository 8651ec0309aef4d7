//! What is done with a received bundle once it is known whether an operation holds.

use super::policy::{Action, Role, Rule};
use super::process::{Processor, Verdict};
use super::scope::PRIMARY_NUMBER;
use super::{SecurityError, Service, structure};
use crate::bundle::{CrcType, block_type};

impl Processor {
    /// Notes what became of an operation and does what the policy says.
    pub(super) fn conclude(
        &mut self,
        rule: &Rule,
        block: Option<u64>,
        target: u64,
        result: Result<(), SecurityError>,
    ) {
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
    pub(super) fn release_primary(&mut self) {
        let released = core::mem::take(&mut self.released);
        let encrypted = structure::targets(&self.header, block_type::CONFIDENTIALITY).unwrap_or_default();
        let signed = structure::targets(&self.header, block_type::INTEGRITY).unwrap_or_default();
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
    pub(super) fn restore_checks(&mut self) {
        let signed = structure::targets(&self.header, block_type::INTEGRITY).unwrap_or_default();
        let encrypted = structure::targets(&self.header, block_type::CONFIDENTIALITY).unwrap_or_default();
        for target in core::mem::take(&mut self.bared) {
            let guarded = signed.iter().chain(&encrypted).any(|(_, other)| *other == target);
            let bare = self.header.block(target).is_some_and(|block| block.crc_type() == CrcType::None);
            if bare && !guarded {
                self.header.set_crc(target, CrcType::Crc32C);
            }
        }
    }
}
