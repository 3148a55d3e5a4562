import unittest

import sample_tree   # noqa: F401 (makes the tools importable)

import bench_ratios


def entry(name, time, **more):
    return {"name": name, "run_name": name, "run_type": "iteration", "cpu_time": time, "time_unit": "us", **more}


class BenchRatios(unittest.TestCase):
    def test_pairs_by_name_and_arguments(self):
        times = bench_ratios.read_times({"benchmarks": [entry("Seal/64", 2), entry("SealBare/64", 1),
                                                        entry("Seal/1400", 9), entry("Other", 5)]})
        self.assertEqual(list(bench_ratios.ratios(times)), [("Seal/64", 2000, 1000)])

    def test_takes_the_median_of_repetitions(self):
        median = entry("Seal", 3, run_type="aggregate", aggregate_name="median")
        mean = entry("Seal", 7, run_type="aggregate", aggregate_name="mean")
        self.assertEqual(bench_ratios.read_times({"benchmarks": [entry("Seal", 9), mean, median]}), {"Seal": 3000})

    def test_says_whether_an_aim_is_met(self):
        aims = bench_ratios.read_aims("# comment\nSeal/* 1.3\n")
        met, = bench_ratios.rows({"Seal/64": 13.0, "SealBare/64": 10.0}, aims)
        missed, = bench_ratios.rows({"Seal/64": 13.1, "SealBare/64": 10.0}, aims)
        self.assertIn("1.30 met", met)
        self.assertIn("1.30 MISSED", missed)

    def test_a_failed_benchmark_is_an_error(self):
        with self.assertRaises(SystemExit):
            bench_ratios.read_times({"benchmarks": [entry("Seal", 1, error_occurred=True, error_message="no")]})


if __name__ == "__main__":
    unittest.main()
