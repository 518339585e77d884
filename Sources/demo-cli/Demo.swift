import ArgumentParser
@main struct Demo: ParsableCommand { func run() {} }
