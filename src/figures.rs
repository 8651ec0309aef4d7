//! What sets of figures have in common: each figure is listed once, under its own name, and told under that name.

#[cfg(feature = "metrics")]
use alloc::string::ToString;
#[cfg(feature = "metrics")]
use alloc::vec::Vec;

/// Gives a set of figures `each_total`, and `each_gauge` where there are gauges: every figure under a prefix and its
/// field's name. What is told in another way is listed as apart; a field that is nowhere in the list does not compile.
macro_rules! figures {
    (
        $figures:ident, $prefix:literal;
        totals: $($total:ident),* $(,)?
        $(; gauges: $($gauge:ident),* $(,)?)?
        $(; apart: $($apart:ident),* $(,)?)?
    ) => {
        impl $figures {
            /// Tells the running totals under their names.
            pub fn each_total(&self, mut emit: impl FnMut(&'static str, u64)) {
                let Self { $($total,)* $($($gauge: _,)*)? $($($apart: _,)*)? } = *self;
                $(emit(concat!($prefix, stringify!($total)), $total);)*
            }

            $(
            /// Tells what is the case now under its names.
            pub fn each_gauge(&self, mut emit: impl FnMut(&'static str, u64)) {
                $(emit(concat!($prefix, stringify!($gauge)), self.$gauge);)*
            }
            )?
        }
    };
}

pub(crate) use figures;

/// What tells the figures of one thing from those of another, in the `metrics` facade.
#[cfg(feature = "metrics")]
#[derive(Clone)]
pub(crate) struct Labels(Vec<metrics::Label>);

#[cfg(feature = "metrics")]
impl Labels {
    pub fn new(name: &'static str, value: impl ToString) -> Self {
        Self(Vec::new()).and(name, value)
    }

    /// These and one more.
    pub fn and(&self, name: &'static str, value: impl ToString) -> Self {
        let mut labels = self.0.clone();
        labels.push(metrics::Label::new(name, value.to_string()));
        Self(labels)
    }

    /// Sets the counter of a name.
    pub fn counter(&self) -> impl FnMut(&'static str, u64) + use<> {
        let labels = self.0.clone();
        move |name, value| metrics::counter!(name, labels.clone()).absolute(value)
    }

    /// Sets the gauge of a name.
    pub fn gauge(&self) -> impl FnMut(&'static str, u64) + use<> {
        let labels = self.0.clone();
        move |name, value| metrics::gauge!(name, labels.clone()).set(value as f64)
    }
}
