//! Any text is refused, or is a plan that is written as text of the same plan.
#![no_main]

use libfuzzer_sys::fuzz_target;
use spacelink::routing::ContactPlan;

fuzz_target!(|text: &str| {
    if let Ok(plan) = ContactPlan::from_ion(text, Some(0)) {
        let again = ContactPlan::from_ion(&plan.to_ion(), None).unwrap();
        assert!(!plan.fits_ion() || again == plan);
    }
    if let Ok(plan) = ContactPlan::from_csv(text) {
        let again = ContactPlan::from_csv(&plan.to_csv());
        assert_eq!(again, Ok(plan));
    }
});
