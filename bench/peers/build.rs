//! Compiles the C++ reference ring where there is a C++ compiler; without one that peer is left out and the suite says so.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(cpp_ring)");
    println!("cargo::rerun-if-changed=cpp/ring.cpp");
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").opt_level(3).file("cpp/ring.cpp");
    match build.try_compile("hftz_peer_ring") {
        Ok(()) => println!("cargo::rustc-cfg=cpp_ring"),
        Err(why) => {
            println!("cargo::warning=the C++ reference ring is left out: {why}");
            // There is no such file, so Cargo asks again every time: the compiler may have been installed meanwhile.
            println!("cargo::rerun-if-changed=cpp/no-compiler");
        }
    }
}
