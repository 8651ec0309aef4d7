//! One module for each group of vector files, one function for each kind.

mod bpsec;
mod bundles;
mod coding;
mod convolutional;
mod cop1;
mod frames;
mod ldpc;
mod ltp;
mod packets;
mod pus;
mod tc;
mod time;
mod tm;
mod turbo;
mod uslp;

use crate::runner::Tally;
use serde_json::Value;

/// How one kind of file is run.
pub type Kind = fn(&Value, &mut Tally);

/// The kind of the file `name`.
pub fn find(name: &str) -> Option<Kind> {
    KINDS.iter().find(|(kind, _)| *kind == name).map(|(_, run)| *run)
}

const KINDS: &[(&str, Kind)] = &[
    ("aos_frames", frames::aos_frames),
    ("bpsec", bpsec::bpsec),
    ("bpsec_rfc9173_appendix_a", bpsec::rfc9173_appendix_a),
    ("bpv7_bundles", bundles::bpv7_bundles),
    ("clcw", tm::clcw),
    ("convolutional", convolutional::convolutional),
    ("cop1_farm", cop1::cop1_farm),
    ("cop1_fop", cop1::cop1_fop),
    ("encapsulation_packets", packets::encapsulation_packets),
    ("ldpc", ldpc::ldpc),
    ("ltp_segments", ltp::ltp_segments),
    ("pus_tc_tm", pus::pus_tc_tm),
    ("randomizer", coding::randomizer),
    ("reed_solomon", coding::reed_solomon),
    ("space_packets", packets::space_packets),
    ("space_packets_java", packets::space_packets_java),
    ("tc_frames_cltu", tc::tc_frames_cltu),
    ("time_cds", time::time_cds),
    ("time_cuc_cds", time::time_cuc_cds),
    ("tm_frames", tm::tm_frames),
    ("turbo", turbo::turbo),
    ("uslp_frames", uslp::uslp_frames),
];
