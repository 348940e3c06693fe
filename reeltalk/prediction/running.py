"""Runs `predict`: what the flags mean, which files are left to score, and how it ended."""

import sys
from pathlib import Path

from reeltalk.command_line import EXIT_INTERRUPTED, EXIT_MISTAKE, EXIT_PARTLY
from reeltalk.config import PredictConfig
from reeltalk.errors import ReelTalkError
from reeltalk.model_folder import check_file_place, only_run
from reeltalk.prediction.files import score_files
from reeltalk.prediction.inputs import Job, names_many, plan_jobs
from reeltalk.prediction.models import find_model, model_id, open_predictor
from reeltalk.prediction.parts import Parts, check_columns
from reeltalk.prediction.remote import check_no_key, is_url, shown
from reeltalk.prediction.texts import predict_lines, predict_text
from reeltalk.tables import SUFFIXES, check_format
from reeltalk.terminal import say, warn


def predict(config: PredictConfig) -> None:
    """Score what the command line names, and print or write the verdicts."""
    if config.files and config.files != ("-",):
        _predict_files(config)
        return
    predictor = open_predictor(find_model(config.model), config.device, config.threads)
    if config.text is not None:
        predict_text(predictor, config.text, config.json)
    else:
        predict_lines(predictor)


def _predict_files(config: PredictConfig) -> None:
    for name in (*config.files, str(config.out or "")):
        check_no_key(name)
    out_dir = _find_out_dir(config)
    jobs = [_plan_one(config)] if out_dir is None else plan_jobs(config.files, out_dir)
    if config.engine == "ray":
        from reeltalk.prediction.cluster import check_cluster

        check_cluster(config.ray_address)
    model = find_model(config.model)
    scored_by = model_id(model, config.device)
    outputs = [Parts(job, config.text_column, scored_by, out_dir) for job in jobs]
    with only_run(out_dir or jobs[0].out, "--out"):
        left = [parts for parts in outputs if not parts.are_joined()]
        if len(left) < len(outputs):
            warn(f"{len(outputs) - len(left):,} of {len(outputs):,} files are finished: skipped")
        try:
            rows, errors = _score(config, model, left)
        except KeyboardInterrupt:
            warn("stopped; the same command goes on where this one ended")
            sys.exit(EXIT_INTERRUPTED)
    if errors and out_dir is None:
        sys.exit(EXIT_MISTAKE)
    say(f"{rows:,} reviews scored: {out_dir or jobs[0].out}")
    if errors:
        done = sum(parts.are_joined() for parts in left)
        warn(f"{done:,} of {len(left):,} files scored; not these:")
        for error in errors:
            warn(f"  {error}")
        sys.exit(EXIT_PARTLY)


def _score(config: PredictConfig, model: Path, outputs: list[Parts]) -> tuple[int, list[str]]:
    if not outputs:
        return 0, []
    if config.engine == "ray":
        from reeltalk.prediction.cluster import score_on_cluster

        return score_on_cluster(model, config.device, outputs, config.ray_address, config.threads)
    return score_files(open_predictor(model, config.device, config.threads), outputs)


def _find_out_dir(config: PredictConfig) -> Path | None:
    """Give the folder for an output per input; None where one file becomes one file."""
    out = config.out
    if out is not None and is_url(out):
        raise ReelTalkError(
            f"--out {shown(str(out))}: outputs are written to this machine; name a folder, and "
            "copy it then"
        )
    if len(config.files) == 1 and not names_many(config.files[0]):
        if out is None or out.suffix and not out.is_dir():
            return None
    elif out is None:
        raise ReelTalkError(
            f"{' '.join(map(shown, config.files[:3]))} may be several files; name the folder for "
            "the scored ones with --out"
        )
    elif out.suffix.lower() in SUFFIXES:
        raise ReelTalkError(f"--out {out}: each input gets a file of its own; name a folder")
    if out.is_file():
        raise ReelTalkError(f"--out {out} is a file; name a folder")
    check_file_place(out / ".reeltalk-probe")
    return out


def _plan_one(config: PredictConfig) -> Job:
    file = Path(config.files[0])
    out = config.out or file.with_name(f"{file.stem}.scored{file.suffix}")
    check_format(file)
    if out.suffix.lower() != file.suffix.lower():
        raise ReelTalkError(f"--out {out}: the output has the input's format, {file.suffix}")
    check_file_place(out)
    if out.resolve() == file.resolve():
        raise ReelTalkError(f"--out {out} is the input itself; name another file")
    check_columns(file, config.text_column)
    return Job.of(file, out)
