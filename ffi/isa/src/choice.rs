//! Asking the processor, and whoever started the program.

use std::fmt;

/// The environment variable that overrules the processor: `v2` for the plain paths, `v3` for the wide ones, `auto` (or nothing) for
/// the best that there is.
pub const VARIABLE: &str = "HFTZ_ISA";

/// Proof that this processor has x86-64-v3 and that its system keeps the wider registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct V3(());

impl V3 {
    /// `None` where something is missing.
    #[must_use]
    pub fn find() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            let all = std::is_x86_feature_detected!("avx2")
                && std::is_x86_feature_detected!("bmi1")
                && std::is_x86_feature_detected!("bmi2")
                && std::is_x86_feature_detected!("lzcnt")
                && std::is_x86_feature_detected!("fma")
                && std::is_x86_feature_detected!("movbe");
            all.then_some(Self(()))
        }
        #[cfg(not(target_arch = "x86_64"))]
        None
    }
}

/// [`VARIABLE`] asks for what there is not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UnknownChoice {
    /// It is none of the three words.
    Word(String),
    /// It says `v3`, and the processor has not got that.
    Missing,
}

impl fmt::Display for UnknownChoice {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(to, "{VARIABLE}: {word:?} is not auto, v2 or v3"),
            Self::Missing => {
                write!(to, "{VARIABLE}: this processor has no x86-64-v3 (AVX2, BMI1, BMI2, LZCNT, FMA, MOVBE)")
            }
        }
    }
}

impl std::error::Error for UnknownChoice {}

/// What the hot paths are to use; `None` is x86-64-v2.
///
/// # Errors
/// When [`VARIABLE`] asks for what there is not.
pub fn chosen() -> Result<Option<V3>, UnknownChoice> {
    let word = std::env::var_os(VARIABLE).unwrap_or_default();
    choose(&word.to_string_lossy(), V3::find())
}

fn choose(word: &str, found: Option<V3>) -> Result<Option<V3>, UnknownChoice> {
    match word {
        "" | "auto" => Ok(found),
        "v2" => Ok(None),
        "v3" => found.map(Some).ok_or(UnknownChoice::Missing),
        other => Err(UnknownChoice::Word(other.to_owned())),
    }
}

/// What results call a choice.
#[must_use]
pub const fn name(choice: Option<V3>) -> &'static str {
    match choice {
        None => "x86-64-v2",
        Some(_) => "x86-64-v3",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_decides_and_without_one_the_processor() {
        for found in [None, V3::find()] {
            assert_eq!(choose("", found), Ok(found));
            assert_eq!(choose("auto", found), Ok(found));
            assert_eq!(choose("v2", found), Ok(None));
        }
        assert_eq!(choose("v3", None), Err(UnknownChoice::Missing));
        assert_eq!(choose("v3", Some(V3(()))), Ok(Some(V3(()))));
    }

    #[test]
    fn another_word_is_refused_by_its_name() {
        let refused = choose("avx9", V3::find()).unwrap_err();
        assert_eq!(refused.to_string(), "HFTZ_ISA: \"avx9\" is not auto, v2 or v3");
    }

    #[test]
    fn the_system_says_the_same_of_the_processor() {
        let Ok(cpu) = std::fs::read_to_string("/proc/cpuinfo") else { return };
        let flags = cpu.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        // Linux calls LZCNT by AMD's name.
        let all =
            ["avx2", "bmi1", "bmi2", "abm", "fma", "movbe"].iter().all(|one| flags.split(' ').any(|flag| flag == *one));
        assert_eq!(V3::find().is_some(), all);
    }
}
