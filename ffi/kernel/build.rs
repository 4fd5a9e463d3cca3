//! Links the bare binary by its own script and tells it its compiler; a hosted build is left alone.

fn main() {
    println!("cargo:rerun-if-changed=link.ld");
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_BARE").is_none() {
        return;
    }
    // Instruction counts are compared only between images of one compiler.
    let compiler = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let asked = std::process::Command::new(compiler).arg("--version").output();
    let version = asked.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default();
    println!("cargo:rustc-env=HFTZ_RUSTC={version}");

    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let script = format!("-Wl,-T,{root}/link.ld");
    for argument in [
        "-nostdlib",
        "-nostartfiles",
        "-static",
        "-no-pie",
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        "-Wl,-z,max-page-size=4096",
        "-Wl,-z,noexecstack",
        &script,
    ] {
        println!("cargo:rustc-link-arg-bin=hft-zero={argument}");
    }
}
