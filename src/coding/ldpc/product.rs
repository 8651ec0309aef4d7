//! Products of polynomials over GF(2) modulo x^size - 1, four bits of a factor at a time.

use crate::coding::KernelLevel;

/// The multiples of a circulant by the 16 polynomials of degree below 4, each written twice in a row so that every
/// turn of it by whole words is a slice.
pub struct Scratch([u64; 16 * 2 * 32]);

impl Scratch {
    pub const fn new() -> Self {
        Self([0; 16 * 2 * 32])
    }
}

/// Adds the sum of the products of `left` and `right`, block by block, to one block.
///
/// Blocks of `size` bits take whole words each.
pub fn add_product(
    level: KernelLevel,
    size: usize,
    left: &[u64],
    right: &[u64],
    sum: &mut [u64],
    scratch: &mut Scratch,
) {
    if level == KernelLevel::Reference {
        return reference(size, left, right, sum);
    }
    #[cfg(feature = "simd")]
    if let Some(vectors) = level.vectors() {
        // The compiler finds the vectors in these loops by itself, given the instructions.
        fearless_simd::dispatch!(vectors, _simd => any_size(size, left, right, sum, scratch));
        return;
    }
    any_size(size, left, right, sum, scratch);
}

#[inline(always)]
fn any_size(size: usize, left: &[u64], right: &[u64], sum: &mut [u64], scratch: &mut Scratch) {
    match size {
        // Products of two blocks that end within 64 or 1024 bits; a turn is folded in afterwards.
        32 => {
            let mut wide = [0; 1];
            products::<1>(1, left, right, &mut wide, scratch);
            sum[0] ^= (wide[0] ^ wide[0] << 32) & !0 << 32;
        }
        511 => {
            let mut wide = [0; 16];
            products::<16>(8, left, right, &mut wide, scratch);
            for word in 0..8 {
                let turned = wide[word + 7] << 63 | wide[word + 8] >> 1;
                sum[word] ^= wide[word] ^ turned;
            }
            sum[7] &= !1;
        }
        64 => products::<1>(1, left, right, sum, scratch),
        128 => products::<2>(2, left, right, sum, scratch),
        256 => products::<4>(4, left, right, sum, scratch),
        512 => products::<8>(8, left, right, sum, scratch),
        1024 => products::<16>(16, left, right, sum, scratch),
        _ => products::<32>(32, left, right, sum, scratch),
    }
}

/// Products modulo x^(64 W) - 1 of blocks of `words` words.
#[inline(always)]
fn products<const W: usize>(
    words: usize,
    left: &[u64],
    right: &[u64],
    sum: &mut [u64],
    scratch: &mut Scratch,
) {
    for (left, right) in left.chunks_exact(words).zip(right.chunks_exact(words)) {
        let mut wide = [0; W];
        wide[..words].copy_from_slice(left);
        let product = product(&wide, right, scratch);
        for (sum, product) in sum.iter_mut().zip(product) {
            *sum ^= product;
        }
    }
}

#[inline(always)]
fn product<const W: usize>(left: &[u64; W], right: &[u64], scratch: &mut Scratch) -> [u64; W] {
    let multiples = &mut scratch.0.as_chunks_mut::<W>().0[..32];
    let mut turned = *left;
    for bit in [8, 4, 2, 1] {
        multiples[2 * bit] = turned;
        turned = turn_right::<1, W>(&turned);
    }
    for number in 3..16_usize {
        let low = number & number.wrapping_neg();
        if low != number {
            let (a, b) = (multiples[2 * low], multiples[2 * (number - low)]);
            multiples[2 * number] = core::array::from_fn(|word| a[word] ^ b[word]);
        }
    }
    for number in 1..16 {
        multiples[2 * number + 1] = multiples[2 * number];
    }
    multiples[0] = [0; W];
    multiples[1] = [0; W];
    let multiples = multiples.as_flattened();
    let mut product = [0; W];
    for nibble in (0..16).rev() {
        product = turn_right::<4, W>(&product);
        for (word, &factor) in right.iter().enumerate() {
            let multiple = (factor >> (60 - 4 * nibble) & 0xF) as usize;
            let turned = &multiples[multiple * 2 * W + W - word..][..W];
            for (product, turned) in product.iter_mut().zip(turned) {
                *product ^= turned;
            }
        }
    }
    product
}

/// Times x^BITS.
#[inline(always)]
fn turn_right<const BITS: u32, const W: usize>(block: &[u64; W]) -> [u64; W] {
    core::array::from_fn(|word| block[word] >> BITS | block[(word + W - 1) % W] << (64 - BITS))
}

/// Bit by bit: each 1 of the left factor turns the right one.
fn reference(size: usize, left: &[u64], right: &[u64], sum: &mut [u64]) {
    let words = size.div_ceil(64);
    let is_one = |block: &[u64], bit: usize| block[bit / 64] >> (63 - bit % 64) & 1 == 1;
    for (left, right) in left.chunks_exact(words).zip(right.chunks_exact(words)) {
        for shift in (0..size).filter(|&shift| is_one(left, shift)) {
            for bit in (0..size).filter(|&bit| is_one(right, bit)) {
                let at = (bit + shift) % size;
                sum[at / 64] ^= 1 << (63 - at % 64);
            }
        }
    }
}
