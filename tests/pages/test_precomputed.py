"""A page whose run ships says so, and trains it anew when asked; in both languages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from explainers import one_hot
from explainers.support import precomputed as module
from explainers.support.precomputed import write
from tests.pages.conftest import EACH, PATIENCE, cold, link, numbers, prose
from ui import workers
from ui.locale import Words, plain

NAME = "one_hot"
COMMAND = plain(f"python -m explainers precompute {NAME}")  # as markdown takes it
SEEDS = {"en": 501, "pt": 502}  # of their own: a run that one language trained is there for the other


@pytest.fixture
def ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two runs ship, of which the file of the second replaces that of the first."""
    monkeypatch.setattr(one_hot, "PRECOMPUTED", "f.npz", raising=False)
    monkeypatch.setattr(module, "DATA", tmp_path)
    yield
    module._shipped.cache_clear()


@pytest.mark.usefixtures("ships")
@EACH
def test_what_ships_says_so_and_can_be_trained_here(language: str) -> None:
    say, training = Words(language, NAME).say, one_hot.Training(seed=SEEDS[language], steps=24)
    write(module.DATA / "f.npz", NAME, training, list(one_hot.train(training)), 12.5)
    module._shipped.cache_clear()
    app = cold(NAME, language, seed=str(training.seed), steps="24")
    assert not app.exception
    shown = say(
        "precomputed", command=f"python -m explainers precompute {NAME}", seed=training.seed, seconds=12.5
    )
    assert [text for text in prose(app) if shown in text and COMMAND in text]
    before = numbers(app)
    button = app.button(key="anew")
    assert button.label == say("anew")
    button.click().run()
    assert not app.exception
    assert app.query_params["anew"] == "1"
    run = workers.engine().request("test session id", NAME, training, anew=True)
    assert run.wait(PATIENCE)
    app.run()
    assert not app.exception
    shown = say("measured", seed=training.seed, seconds=run.cpu_seconds)
    assert [text for text in prose(app) if shown in text]
    assert not [text for text in prose(app) if COMMAND in text]
    assert not [button for button in app.button if button.key == "anew"]
    assert numbers(app) == before
    assert "anew=1" in link(app)


@pytest.mark.usefixtures("ships")
@EACH
@pytest.mark.parametrize("anew", ["", "2", "true", "<b>"])
def test_an_address_that_says_something_else_keeps_what_ships(language: str, anew: str) -> None:
    training = one_hot.Training(seed=503, steps=24)
    write(module.DATA / "f.npz", NAME, training, list(one_hot.train(training)), 12.5)
    module._shipped.cache_clear()
    app = cold(NAME, language, seed="503", steps="24", anew=anew)
    assert not app.exception
    assert [text for text in prose(app) if COMMAND in text]


@EACH
def test_a_file_that_is_not_whole_is_trained_instead(language: str, ships: None) -> None:
    del ships
    training = one_hot.Training(seed=SEEDS[language] + 10, steps=24)
    (module.DATA / "f.npz").write_bytes(b"PK\x03\x04 not whole")
    module._shipped.cache_clear()
    app = cold(NAME, language, seed=str(training.seed), steps="24")
    run = workers.engine().request("test session id", NAME, training)
    assert run.wait(PATIENCE)
    app.run()
    assert not app.exception
    shown = Words(language, NAME).say("measured", seed=training.seed, seconds=run.cpu_seconds)
    assert [text for text in prose(app) if shown in text]
