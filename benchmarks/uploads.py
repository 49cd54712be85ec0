#!/usr/bin/env python3
"""Whether the memory of samples/WebApi stays bounded: rounds of uploads at once, a tenth of them no pictures, and the resident memory
after each round and after a pause.

    benchmarks/uploads.py MODEL.tkm PHOTOS [--rounds 5] [--uploads 200] [--pause 40]

PHOTOS is a folder of pictures. Linux; needs the .NET SDK.
"""
import argparse, collections, concurrent.futures, itertools, os, pathlib, re, subprocess, threading, time
import urllib.error, urllib.request

SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "samples" / "WebApi"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--uploads", type=int, default=200, help="at once, in each round")
    parser.add_argument("--pause", type=float, default=40, help="seconds without requests in the end")
    options = parser.parse_args()
    photos = [path.read_bytes() for path in sorted(options.photos.rglob("*.jpg"))[:options.uploads]]
    subprocess.run(["dotnet", "build", "-c", "Release", SAMPLE], check=True, capture_output=True)
    service = subprocess.Popen(
        ["dotnet", SAMPLE / "bin/Release/net10.0/WebApi.dll", "--model", options.model.resolve(), "--urls", "http://127.0.0.1:0"],
        stdout=subprocess.PIPE, text=True)
    try:
        address = next(found[1] for line in service.stdout if (found := re.search(r"listening on: (\S+)", line)))
        # Else it would wait, in the end, for somebody to read what it logs.
        threading.Thread(target=collections.deque, args=(service.stdout, 0), daemon=True).start()
        print(f"| round | answers | seconds | resident, MiB |\n|---|---|---|---|\n| start | | | {resident(service):.0f} |", flush=True)
        for number in range(1, options.rounds + 1):
            bodies = list(itertools.islice(itertools.cycle(photos), options.uploads))
            bodies[::10] = [os.urandom(100_000) for _ in bodies[::10]]
            start = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(options.uploads) as pool:
                statuses = collections.Counter(pool.map(lambda body: upload(address, body), bodies))
            answers = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
            print(f"| {number} | {answers} | {time.monotonic() - start:.1f} | {resident(service):.0f} |", flush=True)
        time.sleep(options.pause)
        print(f"| {options.pause:.0f} s later | | | {resident(service):.0f} |")
    finally:
        service.terminate()
        service.wait()


def upload(address, body):
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}/predict", data=body), timeout=300) as answer:
            answer.read()
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


if __name__ == "__main__":
    main()
