//! Logarithm, exponential and normal quantile from IEEE additions, multiplications, divisions and square roots alone.
//!
//! Those operations round the same way everywhere; the C library's `log` and `exp` differ in the last bit between versions,
//! and one such bit would change a feed that must be the same on every machine. `const`, so that tables are made at compile time.

use std::f64::consts::{LN_2, SQRT_2};

/// The natural logarithm of a positive normal number, to about 1e-15 relative.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)]
pub const fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7FF) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 atanh(s) with s = (m - 1) / (m + 1), |s| < 0.172: the series is exact to double after s^21.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut sum = 0.0;
    let mut odd = 21;
    while odd >= 1 {
        sum = sum * square + 1.0 / odd as f64;
        odd -= 2;
    }
    2.0 * s * sum + exponent as f64 * LN_2
}

/// 1 / n! for the series of e^x.
const TERMS: [f64; 18] = {
    let mut terms = [1.0; 18];
    let mut n = 1;
    while n < terms.len() {
        terms[n] = terms[n - 1] / n as f64;
        n += 1;
    }
    terms
};

/// e^x for |x| < 700, to about 1e-15 relative.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub const fn exp(x: f64) -> f64 {
    let doublings = x / LN_2 + if x < 0.0 { -0.5 } else { 0.5 };
    let whole = doublings as i64;
    let rest = x - whole as f64 * LN_2;
    let mut sum = 0.0;
    let mut term = TERMS.len();
    while term > 0 {
        term -= 1;
        sum = sum * rest + TERMS[term];
    }
    sum * f64::from_bits(((whole + 1023) as u64) << 52)
}

/// x^y for positive x.
#[must_use]
pub const fn pow(x: f64, y: f64) -> f64 {
    exp(y * ln(x))
}

/// The standard normal quantile of `p` in (0, 1): Acklam's rational approximation, relative error below 1.2e-9.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416, 1.0];
    const TAIL: f64 = 0.024_25;
    let horner = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, k| sum * x + k);
    if p < TAIL {
        let q = (-2.0 * ln(p)).sqrt();
        horner(&C, q) / horner(&D, q)
    } else if p > 1.0 - TAIL {
        -normal_quantile(1.0 - p)
    } else {
        let q = p - 0.5;
        q * horner(&A, q * q) / horner(&B, q * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_agree_with_the_library() {
        for step in 1..40_000 {
            let x = f64::from(step) * 0.000_7;
            assert!((ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs().max(1.0), "ln {x}");
            for signed in [x, -x] {
                assert!((exp(signed) / signed.exp() - 1.0).abs() < 4e-14, "exp {signed}");
            }
        }
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert!((pow(100.0, -0.52) - 100_f64.powf(-0.52)).abs() < 1e-15);
    }

    #[test]
    fn the_normal_quantile_has_the_tabulated_values() {
        for (p, z) in
            [(0.5, 0.0), (0.975, 1.959_963_984_540_054), (0.01, -2.326_347_874_040_841), (0.999, 3.090_232_306_167_813)]
        {
            assert!((normal_quantile(p) - z).abs() < 1e-8, "{p}");
        }
    }
}
