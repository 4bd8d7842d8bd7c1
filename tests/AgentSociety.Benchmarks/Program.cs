using AgentSociety.Benchmarks;

return args switch
{
    ["models", .. string[] rest] => ModelsBenchmark.Run(rest),
    ["culture", .. string[] rest] => CultureBenchmark.Run(rest),
    ["environments", .. string[] rest] => EnvironmentBenchmarks.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/AgentSociety.Benchmarks -- models|culture|environments [--json FILE]");
    return 2;
}
