@main enum TestScript { static func main() {} }
