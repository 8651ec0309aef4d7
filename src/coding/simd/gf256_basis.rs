//! From one basis of the CCSDS field to the other, 32 octets at a time: a linear map, so a look-up for each nibble.

use fearless_simd::Simd;
use fearless_simd::prelude::*;

use super::gf256_nibbles::{Factor, LEN, Nibbles};
use crate::coding::rs::Basis;

/// Octets of the dual basis to elements of the field; both slices are as long.
pub(super) fn to_field<S: Simd>(simd: S, octets: &[u8], elements: &mut [u8]) {
    map(simd, &TO_FIELD, octets, elements);
}

/// Elements of the field to octets of the dual basis.
pub(super) fn to_wire<S: Simd>(simd: S, elements: &[u8], octets: &mut [u8]) {
    map(simd, &TO_WIRE, elements, octets);
}

/// A linear map of octets, of which `images` are what it makes of the nibbles.
#[inline(always)]
fn map<S: Simd>(simd: S, images: &[[u8; 16]; 2], from: &[u8], to: &mut [u8]) {
    simd.vectorize(
        #[inline(always)]
        || {
            let images = Factor::load(simd, images);
            let (whole, rest) = from.as_chunks::<LEN>();
            let (into, last) = to.as_chunks_mut::<LEN>();
            for (from, into) in whole.iter().zip(into) {
                *into = images.times(Nibbles::of((*from).simd_into(simd))).into();
            }
            let mut padded = [0; LEN];
            padded[..rest.len()].copy_from_slice(rest);
            let mapped: [u8; LEN] = images.times(Nibbles::of(padded.simd_into(simd))).into();
            last.copy_from_slice(&mapped[..rest.len()]);
        },
    );
}

static TO_FIELD: [[u8; 16]; 2] = images(false);
static TO_WIRE: [[u8; 16]; 2] = images(true);

const fn images(to_wire: bool) -> [[u8; 16]; 2] {
    let mut images = [[0; 16]; 2];
    let mut at = 0;
    while at < 32 {
        let octet = if at < 16 { at } else { (at - 16) << 4 };
        let image = if to_wire { Basis::Dual.to_wire(octet) } else { Basis::Dual.to_field(octet) };
        images[at as usize / 16][at as usize % 16] = image;
        at += 1;
    }
    images
}
