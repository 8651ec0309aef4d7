use super::code::{Code, Generator, Symbol, TAIL_STEPS};
use super::trellis;
use crate::wire::EncodeError;

impl Code {
    /// Encodes one frame.
    ///
    /// `message`: k bits, packed. `codeword`: room for [`codeword_len`](Self::codeword_len) octets; a last octet
    /// that is not full ends in zeros. Returns the octets written.
    ///
    /// # Errors
    /// `message` is not k bits, or `codeword` is too short; nothing is written.
    ///
    /// Source: CCSDS 131.0-B-5 §6.3.
    pub fn encode(self, message: &[u8], codeword: &mut [u8]) -> Result<usize, EncodeError> {
        if message.len() * 8 != self.message_bits() {
            return Err(EncodeError::field("turbo", "message length", message.len() as u64));
        }
        let (required, available) = (self.codeword_len(), codeword.len());
        let codeword = codeword.get_mut(..required).ok_or(EncodeError::Room { required, available })?;
        codeword.fill(0);

        let bit = |at: usize| message[at / 8] >> (7 - at % 8) & 1;
        let (mut first, mut second) = (Component::default(), Component::default());
        let mut order = self.permutation().iter();
        for step in 0..self.steps() {
            let systematic = if step < self.message_bits() { bit(step) } else { first.feedback() };
            let interleaved = order.next().map_or_else(|| second.feedback(), bit);
            let parities = [first.push(systematic), second.push(interleaved)];
            for symbol in 0..self.rate().symbols() {
                let value = match self.rate().symbol(step, symbol) {
                    Symbol::Systematic => systematic,
                    Symbol::First(parity) => parities[0].of(self.rate().first()[parity]),
                    Symbol::Second(parity) => parities[1].of(self.rate().second()[parity]),
                };
                let at = self.sent_at(step, symbol);
                codeword[at / 8] |= value << (7 - at % 8);
            }
        }
        debug_assert_eq!((first.state, second.state), (0, 0), "{TAIL_STEPS} steps empty the registers");
        Ok(required)
    }
}

/// A recursive encoder of 16 states.
#[derive(Default)]
struct Component {
    state: u8,
}

impl Component {
    /// The input that puts a zero into the register.
    fn feedback(&self) -> u8 {
        trellis::feedback(self.state)
    }

    fn push(&mut self, input: u8) -> Parities {
        let shifted_in = input ^ self.feedback();
        let parities = Parities { shifted_in, state: self.state };
        self.state = trellis::next(self.state, shifted_in);
        parities
    }
}

/// The parities of one step, each computed when asked for.
struct Parities {
    shifted_in: u8,
    state: u8,
}

impl Parities {
    fn of(&self, generator: Generator) -> u8 {
        trellis::parity(self.state, self.shifted_in, generator)
    }
}
