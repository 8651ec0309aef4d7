//! Where satellites and centres are, and so when they can talk: circular orbits over a turning sphere.

use std::f64::consts::TAU;
use std::time::Duration;

/// Satellites in the plane.
pub const SATELLITES: usize = 12;

/// Ground centres: name, latitude and longitude in degrees.
pub const CENTRES: [(&str, f64, f64); 6] = [
    ("Kiruna", 67.9, 21.1),
    ("Miyun", 40.5, 116.9),
    ("Kashi", 39.5, 75.9),
    ("Sanya", 18.3, 109.3),
    ("Hartebeesthoek", -25.9, 27.7),
    ("Santiago", -33.1, -70.7),
];

/// Kilometres.
const EARTH_RADIUS: f64 = 6_371.0;
const ALTITUDE: f64 = 500.0;
/// km³/s².
const EARTH_GM: f64 = 398_600.4;
const SIDEREAL_DAY: f64 = 86_164.1;
/// Sun-synchronous at this altitude.
const INCLINATION_DEGREES: f64 = 97.4;
/// Where the plane crosses the equator northbound at the start: degrees east of Greenwich.
const NODE_DEGREES: f64 = 68.0;
const LOWEST_ELEVATION_DEGREES: f64 = 10.0;
/// Kilometres a second.
const LIGHT_SPEED: f64 = 299_792.458;
/// Passes last minutes, so none starts and ends between two looks.
const STEP_SECONDS: f64 = 10.0;

/// When a satellite and a centre see each other, and how far apart they are at most meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub satellite: usize,
    pub centre: usize,
    pub start: Duration,
    pub end: Duration,
    pub light_time: Duration,
}

/// Every pass of the next `hours`, in order of start.
pub fn passes(hours: f64) -> Vec<Pass> {
    let mut passes = Vec::new();
    for satellite in 0..SATELLITES {
        for centre in 0..CENTRES.len() {
            passes_of(satellite, centre, hours * 3_600.0, &mut passes);
        }
    }
    passes.sort_by_key(|pass| (pass.start, pass.satellite, pass.centre));
    passes
}

/// Light time between neighbours in the plane, which all orbit at the same distance from each other.
pub fn light_time_between_neighbours() -> Duration {
    let chord = 2.0 * orbit_radius() * (TAU / SATELLITES as f64 / 2.0).sin();
    light_time(chord)
}

fn passes_of(satellite: usize, centre: usize, seconds: f64, passes: &mut Vec<Pass>) {
    let visible = |t: f64| elevation_degrees(satellite, centre, t) >= LOWEST_ELEVATION_DEGREES;
    let mut start = visible(0.0).then_some(0.0);
    let mut t = 0.0;
    while t < seconds {
        let next = (t + STEP_SECONDS).min(seconds);
        match (start, visible(next)) {
            (None, true) => start = Some(edge(t, next, visible)),
            (Some(begun), false) => {
                passes.push(pass(satellite, centre, begun, edge(t, next, visible)));
                start = None;
            }
            _ => {}
        }
        t = next;
    }
    if let Some(begun) = start {
        passes.push(pass(satellite, centre, begun, seconds));
    }
}

/// The instant between `low` and `high` at which visibility changes, to a millisecond.
fn edge(mut low: f64, mut high: f64, visible: impl Fn(f64) -> bool) -> f64 {
    let before = visible(low);
    while high - low > 1e-3 {
        let middle = f64::midpoint(low, high);
        if visible(middle) == before { low = middle } else { high = middle }
    }
    high
}

/// A pass with its times in whole milliseconds; a satellite is farthest when it rises or sets.
fn pass(satellite: usize, centre: usize, start: f64, end: f64) -> Pass {
    let farthest = distance(satellite, centre, start).max(distance(satellite, centre, end));
    let millis = |seconds: f64| Duration::from_millis((seconds * 1e3) as u64);
    Pass { satellite, centre, start: millis(start), end: millis(end), light_time: light_time(farthest) }
}

fn light_time(kilometres: f64) -> Duration {
    Duration::from_micros((kilometres / LIGHT_SPEED * 1e6).ceil() as u64)
}

fn elevation_degrees(satellite: usize, centre: usize, t: f64) -> f64 {
    let (ground, range) = (centre_position(centre, t), difference(satellite, centre, t));
    (dot(range, ground) / (length(range) * length(ground))).asin().to_degrees()
}

fn distance(satellite: usize, centre: usize, t: f64) -> f64 {
    length(difference(satellite, centre, t))
}

fn difference(satellite: usize, centre: usize, t: f64) -> [f64; 3] {
    let (a, b) = (satellite_position(satellite, t), centre_position(centre, t));
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn satellite_position(satellite: usize, t: f64) -> [f64; 3] {
    let r = orbit_radius();
    let period = TAU * (r.powi(3) / EARTH_GM).sqrt();
    let along = TAU * (t / period + satellite as f64 / SATELLITES as f64);
    let (node, inclination) = (NODE_DEGREES.to_radians(), INCLINATION_DEGREES.to_radians());
    let (x, y) = (along.cos(), along.sin());
    [
        r * (x * node.cos() - y * inclination.cos() * node.sin()),
        r * (x * node.sin() + y * inclination.cos() * node.cos()),
        r * y * inclination.sin(),
    ]
}

fn centre_position(centre: usize, t: f64) -> [f64; 3] {
    let (_, latitude, longitude) = CENTRES[centre];
    let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians() + TAU * t / SIDEREAL_DAY);
    [
        EARTH_RADIUS * latitude.cos() * longitude.cos(),
        EARTH_RADIUS * latitude.cos() * longitude.sin(),
        EARTH_RADIUS * latitude.sin(),
    ]
}

fn orbit_radius() -> f64 {
    EARTH_RADIUS + ALTITUDE
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn length(a: [f64; 3]) -> f64 {
    dot(a, a).sqrt()
}
