//! Curves as SVG and CSV.

use plotters::prelude::*;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use crate::candidate::Anchor;
use crate::run::Counts;
use crate::theory;

/// One code's run.
pub struct Curve {
    pub name: &'static str,
    pub rate: f64,
    /// Symbols of one codeword.
    pub symbols: usize,
    pub anchor: Option<Anchor>,
    pub points: Vec<(f64, Counts)>,
}

impl Curve {
    /// The error rate that the anchor is for, or else of codewords.
    pub fn measured(&self, counts: &Counts) -> f64 {
        if self.counts_bits() { counts.bit_error_rate() } else { counts.word_error_rate() }
    }

    pub fn counts_bits(&self) -> bool {
        self.anchor.is_some_and(|anchor| anchor.bits) || self.name.starts_with("conv")
    }

    /// Where the curve crosses `rate`, on a straight line in the logarithm through the two points around it; or,
    /// marked `false`, through the last two.
    pub fn crossing(&self, rate: f64) -> Option<(f64, bool)> {
        let known: Vec<(f64, f64)> = self
            .points
            .iter()
            .map(|(ebn0, counts)| (*ebn0, self.measured(counts)))
            .filter(|(_, measured)| *measured > 0.0)
            .map(|(ebn0, measured)| (ebn0, measured.log10()))
            .collect();
        let target = rate.log10();
        let line = |pair: &[(f64, f64)]| {
            let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
            x0 + (target - y0) * (x1 - x0) / (y1 - y0)
        };
        let around = known.windows(2).find(|pair| pair[0].1 >= target && target >= pair[1].1);
        if let Some(pair) = around {
            return Some((line(pair), true));
        }
        let last = known.get(known.len().checked_sub(2)?..)?;
        (last[1].1 < last[0].1).then(|| (line(last), false))
    }
}

pub fn csv(curve: &Curve, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut text = String::from(
        "code,ebn0_db,codewords,codeword_errors,undetected,bits,bit_errors,iterations,uncoded_ber,limit_cer\n",
    );
    for (ebn0, counts) in &curve.points {
        writeln!(
            text,
            "{},{ebn0},{},{},{},{},{},{},{:e},{:e}",
            curve.name,
            counts.words,
            counts.word_errors,
            counts.undetected,
            counts.bits,
            counts.bit_errors,
            counts.iterations,
            theory::uncoded(*ebn0),
            theory::limit(*ebn0, curve.rate, curve.symbols),
        )?;
    }
    Ok(std::fs::write(path, text)?)
}

/// Draws all curves into one picture, each beside its limit and its anchor, and uncoded transmission.
pub fn svg(curves: &[Curve], path: &Path) -> Result<(), Box<dyn Error>> {
    let ratios = || curves.iter().flat_map(|curve| curve.points.iter().map(|(ebn0, _)| *ebn0));
    let (first, last) = (ratios().fold(f64::MAX, f64::min), ratios().fold(f64::MIN, f64::max));
    let range = (first - 1.0).floor()..(last + 0.5).ceil();
    let area = SVGBackend::new(path, (720, 480)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(range.clone(), (1e-7..1.0).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("Eb/N0, dB")
        .y_desc("error rate")
        .y_label_formatter(&|rate| format!("{rate:.0e}"))
        .draw()?;
    let steps = |from: f64, to: f64| (0..=60).map(move |step| from + (to - from) * f64::from(step) / 60.0);
    let uncoded = steps(range.start, range.end).map(|ebn0| (ebn0, theory::uncoded(ebn0)));
    chart
        .draw_series(LineSeries::new(uncoded, BLACK))?
        .label("uncoded, bits")
        .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], BLACK));
    for (index, curve) in curves.iter().enumerate() {
        let colour = Palette99::pick(index).to_rgba();
        let measured = || {
            curve
                .points
                .iter()
                .map(|(ebn0, counts)| (*ebn0, curve.measured(counts)))
                .filter(|(_, y)| *y > 0.0)
        };
        let what = if curve.counts_bits() { "bits" } else { "codewords" };
        chart
            .draw_series(LineSeries::new(measured(), colour.stroke_width(2)))?
            .label(format!("{}, {what}", curve.name))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        chart.draw_series(measured().map(|point| Circle::new(point, 3, colour.filled())))?;
        if curve.symbols > 0 && !curve.counts_bits() {
            let limit = steps(range.start, range.end)
                .map(|ebn0| (ebn0, theory::limit(ebn0, curve.rate, curve.symbols)))
                .filter(|(_, rate)| *rate > 1e-7);
            chart.draw_series(DashedLineSeries::new(limit, 4, 4, colour.stroke_width(1)))?;
        }
        if let Some(anchor) = curve.anchor {
            let point = (anchor.ebn0, anchor.rate);
            chart.draw_series([Cross::new(point, 5, colour.stroke_width(2))])?;
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK)
        .draw()?;
    Ok(area.present()?)
}
