Console.WriteLine("usage: dotnet run -c Release --project tests/AgentSociety.Benchmarks -- models|culture|environments [--json FILE]");
