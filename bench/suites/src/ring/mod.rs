//! The rings beside rtrb, crossbeam and a C++ ring of the cached-index kind.

mod peers;

use hftz_lab::ring::{self, Lanes};
use hftz_lab::{Options, Report};

pub fn run(options: &Options<'_>) -> Result<Report, String> {
    let mut lanes = Lanes::default();
    lanes.add::<peers::Rtrb>();
    lanes.add_ours();
    // Its loops are in C++ too, so only throughput can be compared.
    #[cfg(cpp_ring)]
    lanes.add_throughput::<peers::Cpp>();
    lanes.add::<peers::CrossbeamArray>();
    lanes.add::<peers::CrossbeamSeg>();
    let mut report = ring::compare(options, lanes)?;
    if !cfg!(cpp_ring) {
        report.fact("leftOut", "C++ reference ring: no C++ compiler when this was built");
    }
    Ok(report)
}
