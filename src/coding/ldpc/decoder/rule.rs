//! What a check makes of the magnitudes it hears.

use super::lanes::Lanes;

/// How the magnitudes of a check's variables are put together, none above a bound, so that one check's word is
/// never all that a belief holds.
pub trait Rule: Copy {
    /// From what all variables believe: what to tell all but the least sure, and what to tell the least sure.
    fn combine<V: Lanes>(self, token: V::Token, incoming: &[V]) -> Combined<V>;
}

/// Magnitudes that a check tells.
pub struct Combined<V> {
    /// The least of what it hears; whoever said that is told `least_told`.
    pub least: V,
    pub told: V,
    pub least_told: V,
}

/// The least of the others' magnitudes, times three quarters and rounded.
#[derive(Clone, Copy)]
pub struct ScaledMinimum;

impl Rule for ScaledMinimum {
    #[inline(always)]
    fn combine<V: Lanes>(self, token: V::Token, incoming: &[V]) -> Combined<V> {
        let all = V::splat(token, -1);
        let (mut least, mut second) = (all, all);
        for belief in incoming {
            let magnitude = belief.magnitude();
            second = second.least(least.greatest(magnitude));
            least = least.least(magnitude);
        }
        let (most, half) = (V::splat(token, MOST / 3 * 4), V::splat(token, 2));
        let (least_held, second_held) = (least.least(most), second.least(most));
        let told = least_held.less(least_held.add(half).quarter());
        let least_told = second_held.less(second_held.add(half).quarter());
        Combined { least, told, least_told }
    }
}

/// A-min*: the box-plus of the others for the least sure variable, and the box-plus of all for the rest.
///
/// The box-plus of magnitudes a and b is min(a, b) less the excess of log(1 + e^-|a-b|) over log(1 + e^-(a+b)).
/// The first is taken as a line down to zero with a slope of 1/4; the second only keeps the result from being
/// negative.
#[derive(Clone, Copy)]
pub struct ApproximateMinStar {
    /// The difference of magnitudes from which on there is no correction: 4 log 2, in the units of the messages.
    pub reach: i8,
    /// The greatest magnitude of a message.
    pub most: i8,
}

impl ApproximateMinStar {
    /// min(a, b) less the correction of a pair whose lesser and greater are known.
    #[inline(always)]
    fn box_plus<V: Lanes>(self, token: V::Token, least: V, greatest: V) -> V {
        least.less(V::splat(token, self.reach).less(greatest.less(least)).quarter())
    }
}

impl Rule for ApproximateMinStar {
    #[inline(always)]
    fn combine<V: Lanes>(self, token: V::Token, incoming: &[V]) -> Combined<V> {
        let (first, second) = (incoming[0].magnitude(), incoming[1].magnitude());
        let (mut least, mut others) = (first.least(second), first.greatest(second));
        for belief in &incoming[2..] {
            let magnitude = belief.magnitude();
            let greater = least.greatest(magnitude);
            least = least.least(magnitude);
            others = self.box_plus(token, others.least(greater), others.greatest(greater));
        }
        let told = self.box_plus(token, others.least(least), others.greatest(least));
        let most = V::splat(token, self.most);
        Combined { least, told: told.least(most), least_told: others.least(most) }
    }
}

/// What a check tells each of its variables.
pub struct Outgoing<V> {
    combined: Combined<V>,
    sign: V,
}

impl<V: Lanes> Outgoing<V> {
    #[inline(always)]
    pub fn new<R: Rule>(token: V::Token, rule: R, incoming: &[V]) -> Self {
        let mut sign = V::splat(token, 0);
        for &belief in incoming {
            sign = sign.xor(belief);
        }
        Self { combined: rule.combine(token, incoming), sign }
    }

    /// The message to the variable that `incoming` came from.
    #[inline(always)]
    pub fn to(&self, incoming: V) -> V {
        let Combined { least, told, least_told } = self.combined;
        incoming.magnitude().if_equal(least, least_told, told).with_sign(self.sign.xor(incoming))
    }
}

/// The greatest magnitude of a message of the scaled minimum.
pub const MOST: i8 = 63;
