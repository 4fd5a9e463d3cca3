//! An output that is the input would be cut before it is read.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// The first of `outputs` that is the same file as one of `inputs` or as an earlier output, whatever it is called: links are
/// followed, and `-` among the inputs is standard input. Devices and pipes never clash.
#[must_use]
pub fn clash<'a>(inputs: &[&str], outputs: &[&'a str]) -> Option<&'a str> {
    let identity = |path: &str| {
        let meta = fs::metadata(if path == "-" { "/dev/stdin" } else { path }).ok()?;
        meta.is_file().then(|| (meta.dev(), meta.ino()))
    };
    let mut taken: Vec<(u64, u64)> = inputs.iter().filter_map(|path| identity(path)).collect();
    let mut names: Vec<&str> = Vec::new();
    outputs.iter().copied().filter(|path| *path != "-").find(|path| {
        let Some(id) = identity(path) else {
            // A file that is not there yet can only clash by its name; a device cannot.
            let twice = names.contains(path) && fs::metadata(path).is_err();
            names.push(path);
            return twice;
        };
        let clashes = taken.contains(&id);
        taken.push(id);
        clashes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_recognised_under_any_name() {
        let folder = std::env::temp_dir().join(format!("hftz-clash-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [file, link, other] = ["file", "link", "other"].map(|name| folder.join(name).to_str().unwrap().to_string());
        fs::write(&file, "x").unwrap();
        fs::write(&other, "y").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(clash(&[&file], &[&other, &link]), Some(link.as_str()));
        assert_eq!(clash(&[&file], &[&other, "-", "/dev/null", "/dev/null"]), None);
        assert_eq!(clash(&["/dev/null"], &["/dev/null"]), None);
        assert_eq!(clash(&[&file], &[&other, "/nowhere/new"]), None);
        assert_eq!(clash(&[&file], &["/nowhere/new", "/nowhere/new"]), Some("/nowhere/new"));
        fs::remove_dir_all(folder).unwrap();
    }
}
