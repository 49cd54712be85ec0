using System.Reflection;
using TransferKit.Gpu.Tests;
using Xunit.Abstractions;
using Xunit.Sdk;

// Runs all tests of this assembly where there is no SDK to do it, prints what they say, and ends with the number that failed.
using var report = new TestReport();
using var framework = new XunitTestFramework(report);
var assembly = Assembly.GetExecutingAssembly();
using var executor = framework.GetExecutor(assembly.GetName());
executor.RunAll(report, new TestRunOptions(), new TestRunOptions());
return report.WaitForFailures();
