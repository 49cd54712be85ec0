#!/usr/bin/env python3
"""What a program that only predicts takes, by how it is made: size on disk, time from its start to the first answer, milliseconds
a picture, memory. A table of docs/deployment.md.

    benchmarks/deployment.py PHOTOS MODEL WEIGHTS [--count 400] [--starts 7] [--without browser,libtorch]

PHOTOS is a folder of pictures, a folder a class; MODEL a name such as mobilenet_v2, WEIGHTS its file or none. Linux; needs the .NET
SDK, for Native AOT also a C compiler, and for the browser Chromium and npm. Everything is made in a temporary folder.
"""
import argparse, functools, http.server, json, os, pathlib, queue, re, shutil, statistics, subprocess, sys
import tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
# What docs/deployment.md says to put into a program's project file.
TRIMMED = ["-p:PublishTrimmed=true", "-p:InvariantGlobalization=true"]
COMPILED = [*TRIMMED, "-p:PublishReadyToRun=true"]
NATIVE = ["-p:PublishAot=true", "-p:InvariantGlobalization=true"]
# name: project, model, options of dotnet publish
PROGRAMS = {
    "libtorch": ("TransferKit.TorchOnly", "model.tkm", []),
    "ONNX Runtime": ("TransferKit.OnnxOnly", "model.onnx", []),
    "… trimmed": ("TransferKit.OnnxOnly", "model.onnx", TRIMMED),
    "… trimmed, compiled": ("TransferKit.OnnxOnly", "model.onnx", COMPILED),
    "… trimmed, compiled, 8 bits": ("TransferKit.OnnxOnly", "model.int8.onnx", COMPILED),
    "… Native AOT": ("TransferKit.OnnxOnly", "model.onnx", NATIVE),
    "… Native AOT, 8 bits": ("TransferKit.OnnxOnly", "model.int8.onnx", NATIVE),
}
# Opened in the page's own folder, so that it asks the page's own model.js, in a window of its own.
BROWSER = """<!doctype html><title>measurement</title><script type="module">
const start = performance.timeOrigin;
const bytes = await (await fetch("picture")).arrayBuffer();
const model = await import("./model.js");
const answer = await model.predict(bytes.slice());
const first = Date.now() - start;
const before = performance.now();
for (let i = 0; i < COUNT; i++)
  await model.predict(bytes.slice());
const picture = (performance.now() - before) / COUNT;
await fetch("/", { method: "POST", body: JSON.stringify({ first, picture, label: answer.label }) });
</script>"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("model")
    parser.add_argument("weights")
    parser.add_argument("--count", type=int, default=400, help="predictions for speed and memory")
    parser.add_argument("--starts", type=int, default=7, help="starts, of which the median is taken")
    parser.add_argument("--without", default="", help="rows to leave out, by a part of their names")
    options = parser.parse_args()
    left_out = [part for part in options.without.split(",") if part]
    picture = sorted(options.photos.glob("*/*.jpg"))[0]
    print("| | program, MB | model, MB | first answer, s | ms a picture | in batches | memory, MiB |\n" + "|---" * 7 + "|")
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        run("dotnet", "run", "-c", "Release", "--project", HERE / "TransferKit.Benchmarks", "--",
            "deployed", options.photos.resolve(), work, f"{options.model}={options.weights}")
        for name, (project, model, arguments) in PROGRAMS.items():
            if any(part in name for part in left_out):
                continue
            out = work / "out"
            # Without the files for debuggers and editors, which packages don't bring along.
            said = run("dotnet", "publish", HERE / project, "-c", "Release", "-r", "linux-x64", "--self-contained", "-o", out,
                       "-p:DebugType=none", "-p:CopyOutputSymbolsToPublishDirectory=false",
                       "-p:PublishReferencesDocumentationFiles=false", *arguments)
            warnings = set(re.findall(r"warning (IL\d+)", said))
            if project == "TransferKit.OnnxOnly" and warnings:
                sys.exit(f"{name} is published with the warnings {', '.join(sorted(warnings))}:\n{said}")
            starts, figures = measure([out / project, work / model, picture], options)
            print(row(name, size(out), size(work / model), starts, *figures), flush=True)
            shutil.rmtree(out)
        if "browser" not in left_out:
            print(browser(work, picture, options), flush=True)


def measure(command, options):
    """Seconds to the first answer, and ms a picture one by one, in batches, and the resident memory after them."""
    starts = [float(re.search(r"first answer after (\d+) ms", run(*command)).group(1)) / 1000 for _ in range(options.starts)]
    last = run(*command, options.count).split("after ")[-1]
    memory, single, many = re.search(r"(\d+) MiB, .*; ([\d.]+) ms .*, ([\d.]+) in batches", last).groups()
    return statistics.median(starts), (float(single), float(many), int(memory))


def browser(work, picture, options):
    """The page of samples/Browser in Chromium, which a server of files hands out."""
    page = work / "page"
    run("npm", "ci", "--silent", cwd=HERE.parent / "samples" / "Browser")
    run("dotnet", "run", "-c", "Release", "--project", HERE.parent / "samples" / "Browser", "--", work / "model.tkm", page)
    model = size(page / "model.onnx")
    program = size(page) - model
    shutil.copy(picture, page / "picture")
    (page / "measure.html").write_text(BROWSER.replace("COUNT", str(options.count // 10)))
    answers = queue.Queue()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_POST(self):
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=page))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    figures = []
    for i in range(options.starts):
        profile = work / f"profile{i}"
        chromium = subprocess.Popen(["chromium", "--headless", "--no-sandbox", f"--user-data-dir={profile}",
                                     f"http://127.0.0.1:{server.server_port}/measure.html"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            found = answers.get(timeout=120)
            figures.append((found["first"] / 1000, found["picture"], renderer_memory(profile)))
        finally:
            chromium.terminate()
            chromium.wait()
            time.sleep(0.5)
    server.shutdown()
    first, picture_ms, memory = (statistics.median(column) for column in zip(*figures))
    return row("browser, WebAssembly", program, model, first, picture_ms, None, memory)


def renderer_memory(profile):
    """MiB that the page's own process holds: the largest of the browser's renderers."""
    sizes = [0]
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text()
            if "--type=renderer" in command and str(profile) in command:
                sizes.append(int(re.search(r"VmRSS:\s+(\d+)", (process / "status").read_text()).group(1)) / 1024)
        except (OSError, AttributeError):
            pass
    return max(sizes)


def row(name, program, model, first, single, many, memory):
    batches = "" if many is None else f"{many:.1f}"
    return f"| {name} | {program:.0f} | {model:.1f} | {first:.2f} | {single:.1f} | {batches} | {memory:.0f} |"


def size(path):
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def run(*command, cwd=None):
    # As many threads as programs take by themselves.
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
