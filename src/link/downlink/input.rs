use super::settings::{InputForm, InputSettings};
use crate::coding::soft;

/// Turns octets, cut anywhere, into soft bits.
#[derive(Clone, Debug)]
pub(super) struct SoftInput {
    settings: InputSettings,
    /// Octets of a sample that is not whole yet.
    part: [u8; 4],
    part_len: usize,
}

/// Soft bits that are handed on at a time.
const SPAN: usize = 4096;

impl SoftInput {
    pub(super) const fn new(settings: InputSettings) -> Self {
        Self { settings, part: [0; 4], part_len: 0 }
    }

    /// Whether octets are hard bits and need no turning.
    pub(super) fn is_hard(&self) -> bool {
        self.settings.form == InputForm::Bits
    }

    /// Hands the soft bits of `octets` to `each`, many at a time. Hard bits are for somebody else: there are none.
    pub(super) fn read(&mut self, mut octets: &[u8], mut each: impl FnMut(&[i8])) {
        let mut soft_bits = [0; SPAN];
        let high_is_one = self.settings.positive_is_one.unwrap_or(self.settings.form == InputForm::U8);
        match self.settings.form {
            InputForm::Bits => {}
            InputForm::I8 => {
                for octets in octets.chunks(SPAN) {
                    let soft_bits = &mut soft_bits[..octets.len()];
                    soft_bits.iter_mut().zip(octets).for_each(|(soft, octet)| *soft = octet.cast_signed());
                    hand_on(soft_bits, high_is_one, &mut each);
                }
            }
            InputForm::U8 => {
                for octets in octets.chunks(SPAN) {
                    let soft_bits = &mut soft_bits[..octets.len()];
                    // A high sample is a sure 1 to start with.
                    soft_bits
                        .iter_mut()
                        .zip(octets)
                        .for_each(|(soft, octet)| *soft = soft::from_offset(*octet));
                    hand_on(soft_bits, !high_is_one, &mut each);
                }
            }
            InputForm::F32 => {
                while self.part_len > 0 && !octets.is_empty() {
                    let (first, rest) = octets.split_at(1);
                    octets = rest;
                    self.part[self.part_len] = first[0];
                    self.part_len = (self.part_len + 1) % 4;
                    if self.part_len == 0 {
                        let sample = soft::from_f32(f32::from_le_bytes(self.part), self.settings.scale);
                        hand_on(&mut [sample], high_is_one, &mut each);
                    }
                }
                let (samples, left) = octets.as_chunks::<4>();
                for samples in samples.chunks(SPAN) {
                    let soft_bits = &mut soft_bits[..samples.len()];
                    for (soft, sample) in soft_bits.iter_mut().zip(samples) {
                        *soft = soft::from_f32(f32::from_le_bytes(*sample), self.settings.scale);
                    }
                    hand_on(soft_bits, high_is_one, &mut each);
                }
                if !left.is_empty() {
                    self.part[..left.len()].copy_from_slice(left);
                    self.part_len = left.len();
                }
            }
        }
    }
}

/// Hands on `soft_bits`, of which negative means 1 unless `high_is_one`.
fn hand_on(soft_bits: &mut [i8], high_is_one: bool, each: &mut impl FnMut(&[i8])) {
    if high_is_one {
        soft::invert(soft_bits);
    }
    each(soft_bits);
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn read(settings: InputSettings, octets: &[u8], chunk: usize) -> Vec<i8> {
        let mut input = SoftInput::new(settings);
        let mut soft_bits = Vec::new();
        octets.chunks(chunk).for_each(|octets| input.read(octets, |soft| soft_bits.extend_from_slice(soft)));
        soft_bits
    }

    #[test]
    fn each_form_and_sign() {
        let form = |form, positive_is_one| InputSettings { form, positive_is_one, ..InputSettings::BITS };
        let signed = [5, 0x80, 0];
        assert_eq!(read(form(InputForm::I8, None), &signed, 3), [5, -128, 0]);
        assert_eq!(read(form(InputForm::I8, Some(true)), &signed, 3), [-5, 127, 0]);
        let offset = [0, 127, 128, 255];
        assert_eq!(read(form(InputForm::U8, None), &offset, 4), [127, 1, 0, -127]);
        assert_eq!(read(form(InputForm::U8, Some(false)), &offset, 4), [-127, -1, 0, 127]);
        let floats: Vec<u8> = [1.0f32, -0.5, 9.0].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        assert_eq!(read(form(InputForm::F32, None), &floats, 12), [48, -24, 127]);
        assert_eq!(read(form(InputForm::F32, Some(true)), &floats, 12), [-48, 24, -127]);
    }

    #[test]
    fn floats_may_be_cut_anywhere() {
        let settings = InputSettings { form: InputForm::F32, ..InputSettings::BITS };
        let octets: Vec<u8> = (0..100i8).flat_map(|n| (f32::from(n) / 64.0).to_le_bytes()).collect();
        let whole = read(settings, &octets, octets.len());
        assert_eq!(whole.len(), 100);
        for chunk in 1..11 {
            assert_eq!(read(settings, &octets, chunk), whole);
        }
    }
}
