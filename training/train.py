#!/usr/bin/env python3
"""Trains the demo model: fixed steps, fixed seeds, restartable from its last checkpoint.

On a CPU each process has one thread and a share of each step's rows; parameters and gradients are
in shared memory. On a graphics card there is one process.
"""

from __future__ import annotations

import argparse
import bisect
import csv
import dataclasses
import hashlib
import itertools
import json
import os
import time
from dataclasses import dataclass

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before the libraries start

import torch  # noqa: E402
import torch.multiprocessing as processes  # noqa: E402
from torch import Tensor  # noqa: E402

import evaluate  # noqa: E402
import products  # noqa: E402
from corpus.draw import VALIDATION  # noqa: E402
from corpus.stages import SECOND_PART, THIRD_PART, TRUNK_STEPS  # noqa: E402
from dataset import Rows, rows_of_step  # noqa: E402
from experts import Router  # noqa: E402
from initialize import initialize  # noqa: E402
from model import Mode, Model  # noqa: E402
from optimizer import Optimizer, Settings, SharedParameters  # noqa: E402
from shape import Shape  # noqa: E402
from tokenizer import PAD_ID, Tokenizer  # noqa: E402

GROUPS = 2  # independent parts of a step's data, so that one or two processes see the same


@dataclass
class Plan:
    """Everything that decides what comes out, recorded with the run."""

    seed: int = 1
    steps: int = SECOND_PART
    later_steps: int = THIRD_PART - SECOND_PART  # then: mostly tools and what is far away
    last_steps: int = TRUNK_STEPS - THIRD_PART  # then: what is still below its aim
    draft_steps: int = 300  # then: the drafter alone, on the frozen trunk
    rows: int = 4  # per step
    length: int = 1024
    rate: float = 3e-3
    later_rate: float = 2e-3
    last_rate: float = 1e-3
    warmup: int = 100
    decay_from: int = 1562  # the rate falls from here on, towards nothing at `decay_to`
    decay_to: int = 3640
    index_from: int = 215
    select_from: int = 1367  # before this step all compressed rows are read
    round_from: int = 2184  # from here the number formats of the caches are simulated
    prompt_weight: float = 0.2  # of the loss on tokens that are given: they too teach to look back
    balance_rate: float = 0.003
    sinkhorn: int = 8
    products: str = "auto"  # float32 or bfloat16; auto: the faster one here, when a run begins

    @property
    def ends(self) -> list[int]:
        """Of the parts: there the run is looked at and kept, whatever the intervals."""
        parts = (self.steps, self.later_steps, self.last_steps, self.draft_steps)
        return list(itertools.accumulate(parts))

    @property
    def trunk_steps(self) -> int:
        return self.ends[-2]

    @property
    def all_steps(self) -> int:
        return self.ends[-1]

    def rate_at(self, step: int) -> float:
        """Each part warms up from nothing; the first keeps its rate for a while, all end low."""
        part = bisect.bisect_right(self.ends, step)
        begin, end = self.ends[part - 1] if part else 0, self.ends[part]
        top = (self.rate, self.later_rate, self.last_rate, self.rate)[part]
        full, nothing = (begin, end) if part else (self.decay_from, self.decay_to)
        shrink = min(1.0, (nothing - step) / (nothing - full))
        return top * min(1.0, (step - begin + 1) / self.warmup) * max(shrink, 0.02)

    def mode_at(self, step: int) -> Mode:
        return Mode(
            rounded=step >= self.round_from,
            select=step >= self.select_from,
            sinkhorn=self.sinkhorn,
            index_loss=step >= self.index_from,
        )


class Run:
    """One process's view of the run."""

    def __init__(self, options: argparse.Namespace, plan: Plan, shared: "Shared", rank: int):
        self.options, self.plan, self.shared, self.rank = options, plan, shared, rank
        self.model = shared.model
        self.device = self.model.embed.weight.device
        self.tokenizer = Tokenizer.load(options.tokenizer)
        settings = Settings(rate=plan.rate)
        shared.parameters.bind_gradients(rank)
        self.trunk = Optimizer(shared.parameters, settings, rank, shared.count, drafter=False)
        self.drafter = Optimizer(shared.parameters, settings, rank, shared.count, drafter=True)
        self.routers = [m for m in self.model.modules() if isinstance(m, Router) and not m.hashed]
        self.suites = evaluate.suites()

    def go(self) -> None:
        plan = self.plan
        last = min(plan.all_steps, self.options.stop or plan.all_steps)
        began, seen = time.time(), 0
        while self.shared.step < last:
            step = self.shared.step
            drafting = step >= plan.trunk_steps
            row = self._one_step(step, drafting)
            seen += plan.rows * plan.length
            if self.rank == 0:
                row["tokens_per_s"] = round(seen / (time.time() - began))
                self.shared.log.add("steps", row)
            self.shared.step = step + 1
            done = step + 1
            if done % self.options.evaluate_every == 0 or done in plan.ends:
                self._evaluate(done, drafting)
            save = done % self.options.save_every == 0 or done == last or done in plan.ends
            if save and self.rank == 0:
                self.shared.save(os.path.join(self.options.folder, "checkpoint.pt"))
        self.shared.barrier.wait()

    def _one_step(self, step: int, drafting: bool) -> dict:
        plan, board = self.plan, self.shared.board
        optimizer = self.drafter if drafting else self.trunk
        optimizer.clear(self.rank)
        self.model.train()
        board[self.rank].zero_()
        for group in range(self.rank, GROUPS, self.shared.count):
            rows = rows_of_step(
                self.tokenizer, plan.seed, step, GROUPS, group, plan.rows // GROUPS, plan.length,
            )  # fmt: skip
            for begin in range(0, len(rows.ids), self.options.micro_rows):
                part = slice(begin, begin + self.options.micro_rows)
                self._add_gradients(Rows(rows.ids[part], rows.learned[part]), step, drafting)
        for i, router in enumerate(self.routers):
            self.shared.loads[self.rank, i] = router.load
            router.load.zero_()
        self.shared.barrier.wait()
        learned, loss, index_loss, right = board.sum(dim=0).tolist()[:4]
        board[self.rank, 4] = optimizer.square_norm(1.0 / learned)
        self.shared.barrier.wait()
        norm = float(board[:, 4].sum()) ** 0.5
        first = plan.trunk_steps if drafting else 0
        rate = plan.rate_at(step)
        optimizer.update(step - first + 1, rate, norm)
        peak = 0.0
        if self.rank == 0:
            for i, router in enumerate(self.routers):
                router.load.copy_(self.shared.loads[:, i].sum(dim=0))
                frozen = drafting != (i == len(self.routers) - 1)
                peak = max(peak, 0.0 if frozen else float(router.load.max() / router.load.mean()))
                router.balance(0.0 if frozen else plan.balance_rate)
        self.shared.barrier.wait()
        return {
            "step": step + 1,
            "tokens": (step + 1) * plan.rows * plan.length,
            "loss": round(loss / learned, 5),
            "index_loss": round(index_loss / learned, 5),
            "right": round(right / learned, 4),
            "norm": round(norm, 4),
            "rate": round(rate, 6),
            "peak_load": round(peak, 3),
        }

    def _add_gradients(self, rows: Rows, step: int, drafting: bool) -> None:
        """Adds the gradients of the summed loss; the update divides by the count."""
        mode = self.plan.mode_at(step)
        ids, learned = rows.ids.to(self.device), rows.learned.to(self.device)
        batch = self.model.batch(ids, mode)
        if drafting:
            # Row i knows the token after it and guesses the one after that.
            mode = dataclasses.replace(mode, index_loss=False)
            batch = self.model.batch(ids, mode)
            with torch.no_grad():
                streams = self.model.streams(batch)
            ahead, weight = 2, 0.0
            streams = self.model.draft_streams(streams, ids.roll(-1, dims=1), batch)
        else:
            ahead, weight = 1, self.plan.prompt_weight
            streams = self.model.streams(batch)
        weights = torch.where(learned, 1.0, torch.where(ids == PAD_ID, 0.0, weight))
        weights[:, :ahead] = 0.0  # the end of another row is before it
        at = weights.flatten().nonzero().flatten()
        if not len(at):
            return
        target, weights = ids.flatten()[at], weights.flatten()[at]
        at = at - ahead
        chosen = streams[:, at]
        logits = self.model.draft_logits(chosen) if drafting else self.model.logits(chosen)
        each = torch.nn.functional.cross_entropy(logits, target, reduction="none")
        count = float(learned.sum())
        index_loss = torch.zeros(())
        if batch.index_losses:
            index_loss = torch.stack(batch.index_losses).mean() * count
        ((each * weights).sum() + index_loss).backward()
        # What is reported is about answers alone.
        answers = weights == 1.0
        right = (logits.detach().argmax(dim=1) == target)[answers].sum()
        entries = (count, float(each.detach()[answers].sum()), float(index_loss), float(right))
        for i, value in enumerate(entries):
            self.shared.board[self.rank, i] += value

    @torch.no_grad()
    def _evaluate(self, step: int, drafting: bool) -> None:
        self.model.eval()
        mode = dataclasses.replace(self.plan.mode_at(step), index_loss=False, sinkhorn=None)
        results = self.shared.results
        for number, suite in enumerate(self.suites):
            if number % self.shared.count == self.rank:
                samples = evaluate.documents(suite, self.options.items, VALIDATION, self.tokenizer)
                right = evaluate.right_answers(self.model, samples, suite.whole, mode)
                results[number] = sum(right) / len(right)
        self.shared.barrier.wait()
        if self.rank == 0:
            tokens = step * self.plan.rows * self.plan.length
            for number, suite in enumerate(self.suites):
                self.shared.log.add(
                    "skills",
                    {
                        "step": step,
                        "tokens": tokens,
                        "skill": suite.name,
                        "right": round(float(results[number]), 4),
                        "chance": round(suite.chance, 4),
                        "items": self.options.items,
                    },
                )
        self.shared.barrier.wait()


class Log:
    """Comma-separated files that a restarted run continues where its checkpoint was."""

    def __init__(self, folder: str, step: int):
        self.folder = folder
        for name in ("steps", "skills"):
            path = os.path.join(folder, f"{name}.csv")
            if not os.path.exists(path):
                continue
            with open(path, newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file))
            kept = rows[:1] + [r for r in rows[1:] if int(r[0]) <= step]
            with open(path, "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows(kept if step else [])

    def add(self, name: str, row: dict) -> None:
        path = os.path.join(self.folder, f"{name}.csv")
        with open(path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row, lineterminator="\n")
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)


class Shared:
    """What all processes see."""

    def __init__(self, model: Model, count: int, log: Log):
        self.model, self.count, self.log = model, count, log
        self.step = 0  # each process counts for itself
        on_cpu = model.embed.weight.device.type == "cpu"
        self.parameters = SharedParameters(list(model.named_parameters()), count, on_cpu)
        for name, buffer in model.named_buffers():
            if on_cpu and not name.endswith("load"):
                buffer.share_memory_()
        routers = sum(isinstance(m, Router) and not m.hashed for m in model.modules())
        self.board = torch.zeros(count, 5, dtype=torch.float64).share_memory_()
        self.loads = torch.zeros(count, routers, model.shape.n_routed_experts).share_memory_()
        self.results = torch.zeros(256).share_memory_()
        self.barrier = processes.Barrier(count, timeout=3600)  # one that died ends all

    def state(self) -> dict[str, Tensor]:
        p = self.parameters
        state = {"values": p.values, "first": p.first, "second": p.second}
        return {**state, **{n: b for n, b in self.model.named_buffers() if not n.endswith("load")}}

    def save(self, path: str) -> None:
        """The file is whole under its name, or the former one stays."""
        with open(path + ".part", "wb") as file:
            torch.save({"step": self.step, **self.state()}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".part", path)

    def load(self, path: str) -> None:
        saved = torch.load(path, map_location="cpu")
        self.step = saved.pop("step")
        for name, array in self.state().items():
            array.copy_(saved[name])


def corpus_hash(plan: Plan, tokenizer: Tokenizer) -> str:
    """Of rows taken all over the run: any change of corpus or tokenizer shows."""
    digest = hashlib.sha256()
    for part in range(24):
        step = part * plan.all_steps // 24
        rows = rows_of_step(tokenizer, plan.seed, step, GROUPS, 0, plan.rows, plan.length)
        digest.update(rows.ids.numpy().tobytes() + rows.learned.numpy().tobytes())
    return digest.hexdigest()


def _worker(rank: int, options: argparse.Namespace, plan: Plan, shared: Shared) -> None:
    torch.set_num_threads(1)
    products.use_type(getattr(torch, plan.products))
    Run(options, plan, shared, rank).go()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="checkpoint, logs and record of the run")
    parser.add_argument("--tokenizer", required=True, help="tokenizer.json")
    parser.add_argument("--shape", help="config.json [the demo's shape]")
    parser.add_argument("--processes", type=int, default=2, help="on a CPU, one thread each [2]")
    parser.add_argument("--device", default="cpu", help="cpu or cuda [cpu]")
    parser.add_argument("--micro-rows", type=int, default=2, help="rows per pass [2]")
    parser.add_argument("--evaluate-every", type=int, default=500)
    parser.add_argument("--save-every", type=int, default=100)
    parser.add_argument("--items", type=int, default=32, help="questions per skill [32]")
    parser.add_argument("--stop", type=int, default=0, help="stop after this step, to go on later")
    for field in dataclasses.fields(Plan):
        kind = type(field.default)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    options = parser.parse_args()
    plan = Plan(**{f.name: getattr(options, f.name) for f in dataclasses.fields(Plan)})

    torch.set_num_threads(1)
    os.makedirs(options.folder, exist_ok=True)
    tokenizer = Tokenizer.load(options.tokenizer)
    shape = Shape.from_file(options.shape) if options.shape else Shape()
    shape.vocab_size = tokenizer.size
    record_path = os.path.join(options.folder, "run.json")
    checkpoint = os.path.join(options.folder, "checkpoint.pt")
    goes_on = os.path.exists(checkpoint)
    before = {}
    if goes_on:
        with open(record_path, encoding="utf-8") as file:
            before = json.load(file)
    if plan.products == "auto":
        plan.products = (
            before["plan"]["products"] if goes_on else products.faster_type(options.device)
        )
    record = {
        "plan": dataclasses.asdict(plan),
        "shape": shape.to_config(),
        "corpus": corpus_hash(plan, tokenizer),
        "torch": torch.__version__,
    }
    changed = [k for k in ("plan", "shape", "corpus") if goes_on and before[k] != record[k]]
    if changed:
        raise SystemExit(f"{options.folder} holds another run: {', '.join(changed)} differ")
    if not goes_on:
        with open(record_path, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
            file.write("\n")

    model = Model(shape)
    initialize(model, plan.seed)
    model.to(options.device)
    count = options.processes if options.device == "cpu" else 1
    assert GROUPS % count == 0, "one or two processes"
    shared = Shared(model, count, None)  # type: ignore[arg-type]
    if goes_on:
        shared.load(checkpoint)
        print(f"continuing after step {shared.step}", flush=True)
    shared.log = Log(options.folder, shared.step)
    children = []
    context = processes.get_context("fork")
    for rank in range(1, count):
        children.append(context.Process(target=_worker, args=(rank, options, plan, shared)))
        children[-1].start()
    _worker(0, options, plan, shared)
    for child in children:
        child.join()


if __name__ == "__main__":
    main()
