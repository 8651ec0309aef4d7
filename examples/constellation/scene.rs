//! A picture of ground that never was: seeded hills, water and clouds as a grey raster (PGM), about four megabytes.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SIDE: usize = 2_048;
/// Nodes of the coarsest noise lattice along a side; each further octave doubles them.
const COARSEST: usize = 4;
const OCTAVES: usize = 8;
/// Heights up to here are under water.
const SEA_LEVEL: f32 = 0.45;

/// The scene of `seed` as a PGM file.
pub fn raster(seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let heights = fractal_noise(&mut rng, 0.5);
    let clouds = fractal_noise(&mut rng, 0.6);
    let mut file = format!("P5\n# spacelink scene {seed}\n{SIDE} {SIDE}\n255\n").into_bytes();
    file.extend(heights.iter().zip(&clouds).map(|(height, cloud)| {
        let ground = if *height < SEA_LEVEL { 0.1 + 0.2 * height } else { 0.2 + 0.8 * (height - SEA_LEVEL) };
        let cover = ((cloud - 0.6) * 4.0).clamp(0.0, 1.0);
        let sensor_noise = (rng.next_u32() >> 28) as f32 / 1_024.0;
        ((ground * (1.0 - cover) + 0.9 * cover + sensor_noise) * 255.0).clamp(0.0, 255.0) as u8
    }));
    file
}

/// Value noise summed over octaves, each `roughness` times as strong as the one before; about 0 to 1.
fn fractal_noise(rng: &mut ChaCha8Rng, roughness: f32) -> Vec<f32> {
    let mut sum = vec![0.0; SIDE * SIDE];
    let (mut strength, mut total) = (1.0, 0.0);
    for octave in 0..OCTAVES {
        let nodes = COARSEST << octave;
        let lattice: Vec<f32> =
            (0..(nodes + 1) * (nodes + 1)).map(|_| rng.next_u32() as f32 / u32::MAX as f32).collect();
        let cell = SIDE / nodes;
        for (at, value) in sum.iter_mut().enumerate() {
            let (row, column) = (at / SIDE, at % SIDE);
            let corner = row / cell * (nodes + 1) + column / cell;
            let (down, right) = (smooth(row % cell, cell), smooth(column % cell, cell));
            let above = mix(lattice[corner], lattice[corner + 1], right);
            let below = mix(lattice[corner + nodes + 1], lattice[corner + nodes + 2], right);
            *value += strength * mix(above, below, down);
        }
        total += strength;
        strength *= roughness;
    }
    sum.iter_mut().for_each(|value| *value /= total);
    sum
}

fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

fn smooth(at: usize, cell: usize) -> f32 {
    let t = at as f32 / cell as f32;
    t * t * (3.0 - 2.0 * t)
}
