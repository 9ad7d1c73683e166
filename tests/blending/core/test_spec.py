import pytest

from evenhand.base.errors import ConfigError, EvenhandError
from evenhand.blending.core.spec import recipe


def test_names_say_what_differs_from_the_defaults():
    assert recipe("nnls").name == "nnls"
    assert recipe({"name": "greedy", "rounds": 30}).name == "greedy"
    assert recipe({"name": "greedy", "rounds": 20, "then": ["bias", "temperature"]}).name == (
        "greedy(rounds=20)+bias+temperature"
    )
    assert recipe({"name": "logistic", "features": ["logits"]}).name == "logistic(features=logits)"
    assert recipe({"name": "score", "score": {"accuracy": 1.0}}).name == "score(score=accuracy:1)"


def test_the_score_of_the_run_is_taken_where_none_is_given():
    score = {"accuracy": 1.0}
    assert recipe("greedy+bias", score=score).method.score == score
    assert recipe("greedy+bias", score=score).then[0].score == score
    own = {"name": "greedy", "score": {"log_loss": 1.0}}
    assert recipe(own, score=score).method.score == {"log_loss": 1.0}
    assert recipe("greedy", score=score).name == "greedy"


def test_a_recipe_stays_what_it_is():
    made = recipe("equal")
    assert recipe(made) is made


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("nmls", 'no blend named "nmls".*Did you mean "nnls"'),
        ("nnls+temprature", 'no calibrator named "temprature".*Did you mean "temperature"'),
        ({"rounds": 5}, 'needs a "name"'),
        ("", 'needs a "name"'),
        ({"name": "greedy", "rouds": 5}, 'rouds: is not a key.*Did you mean "rounds"'),
        ({"name": "greedy", "rounds": 0}, "rounds: found 0"),
        ({"name": "log_loss", "space": "logit"}, "space: found 'logit'; allowed is 'probability' or 'log'"),
    ],
)
def test_what_is_wrong_is_told(choice, words):
    with pytest.raises((ConfigError, EvenhandError), match=words):
        recipe(choice)
