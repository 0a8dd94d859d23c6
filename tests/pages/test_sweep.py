"""One control at several values: the runs, what is said of them, and the way back."""

import pytest

from explainers.support.registry import find
from explainers.time_series import Training
from tests.pages.conftest import PATIENCE, address, cold, pressed, prose
from ui import workers
from ui.locale import Words
from ui.sweep import allowed


@pytest.mark.parametrize("language", ["en", "pt"])
def test_a_sweep_is_in_the_address_trains_all_and_closes(language: str) -> None:
    name, field = "hidden_states", "seed"
    words = Words(language, name)
    app = pressed(cold(name, language, steps="24"), f"sweep_{field}")
    assert address(app)["sweep"] == field
    training = find(name).Training(steps=24, task=app.session_state["task"])
    for seed in find(name).SWEEPS[field]:
        run = workers.engine().request("test session id", name, training.model_copy(update={field: seed}),
                                       f"sweep {field} {seed}", patient=True)  # fmt: skip
        assert run.wait(PATIENCE)
    app.run()
    shown = words.page["see"]["seeds"].split("{n}")[1].split("{")[0]
    assert any(shown in text for text in prose(app))
    assert any(words.say("measured_runs", n=8, seconds=0.0).split("·")[1] in text for text in prose(app))
    app = pressed(app, f"sweep_{field}_close")
    assert "sweep" not in address(app)
    assert f"sweep_{field}" in {button.key for button in app.button}


def test_values_that_do_not_go_with_the_rest_are_left_out() -> None:
    short = Training(series="\n".join(str(i % 7) for i in range(60)), window=2, period=2)
    values = find("time_series").SWEEPS["window"]
    found = allowed(short, "window", values)
    assert set(found) < set(values)
    assert all(settings.model_dump()["window"] == value for value, settings in found.items())
    assert list(allowed(Training(), "window", values)) == list(values)
