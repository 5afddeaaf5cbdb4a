//! Links the unwinder in: as a shared library it takes a tenth of the time until `main`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "gnu") {
        println!("cargo::rustc-link-lib=gcc_eh");
    }
}
