"""Real rows for tests; each factory makes what it needs below it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts import tokens
from accounts.models import User
from accounts.signins import Origin
from accounts.tokens import TokenPair
from leagues.models import Constructor, League
from races.models import Driver, Race, RaceEntry, RaceResult, ResultRevision, Season, Session, Team

PASSWORD = "correct horse battery"
SEASON_START = datetime(2026, 3, 8, 13, tzinfo=UTC)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"player{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))


def tokens_of(user: User) -> TokenPair:
    """Those of a new sign-in."""
    return tokens.issue(user=user, origin=Origin("", None), now=timezone.now())


class SeasonFactory(DjangoModelFactory[Season]):
    class Meta:
        model = Season
        django_get_or_create = ("year",)

    year = 2026


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    external_id = factory.Sequence(lambda n: f"team{n}")
    name = factory.Sequence(lambda n: f"Team {n}")


class DriverFactory(DjangoModelFactory[Driver]):
    class Meta:
        model = Driver

    external_id = factory.Sequence(lambda n: f"driver{n}")
    given_name = "Test"
    family_name = factory.Sequence(lambda n: f"Driver {n}")
    number = factory.Sequence(lambda n: n + 1)


class RaceFactory(DjangoModelFactory[Race]):
    """Races of one season a week apart, in the order of their making."""

    class Meta:
        model = Race
        skip_postgeneration_save = True

    season = factory.SubFactory(SeasonFactory)
    external_id = factory.Sequence(lambda n: f"race_{n}")
    name = factory.Sequence(lambda n: f"Grand Prix {n}")
    circuit_id = factory.Sequence(lambda n: f"circuit_{n}")
    circuit_name = factory.Sequence(lambda n: f"Circuit {n}")
    round_number = factory.LazyAttribute(lambda race: Race.objects.filter(season=race.season).count() + 1)
    starts_at = factory.LazyAttribute(
        lambda race: SEASON_START + timedelta(weeks=Race.objects.filter(season=race.season).count())
    )
    qualifying_at = factory.LazyAttribute(lambda race: race.starts_at - timedelta(days=1))

    @factory.post_generation
    def entries(self, create: bool, count: int | None, **kwargs: Any) -> None:
        """``RaceFactory(entries=22)`` enters that many new drivers, two to a team."""
        for number in range(count or 0):
            if number % 2 == 0:
                team = TeamFactory()
            RaceEntryFactory(race=self, team=team)


class RaceEntryFactory(DjangoModelFactory[RaceEntry]):
    class Meta:
        model = RaceEntry

    race = factory.SubFactory(RaceFactory)
    driver = factory.SubFactory(DriverFactory)
    team = factory.SubFactory(TeamFactory)


class LeagueFactory(DjangoModelFactory[League]):
    """A league with its creator as manager, but without constructors and without a clock."""

    class Meta:
        model = League
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"League {n}")
    code = factory.Sequence(lambda n: f"CODE{n:04d}")
    creator = factory.SubFactory(UserFactory)
    season = factory.SubFactory(SeasonFactory)
    is_private = False
    pick_seconds = None
    quiet_from = quiet_until = None
    created_at = SEASON_START - timedelta(days=30)

    @factory.post_generation
    def managers(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        self.managers.set(extracted or [self.creator])


class ConstructorFactory(DjangoModelFactory[Constructor]):
    class Meta:
        model = Constructor

    league = factory.SubFactory(LeagueFactory)
    user = factory.SubFactory(UserFactory)
    team_name = factory.Sequence(lambda n: f"Constructor {n}")
    color = "#3671c6"
    joined_at = SEASON_START - timedelta(days=30)


def give_result(
    race: Race, drivers: list[Driver], *, fastest: Driver | None = None, out: tuple[Driver, ...] = ()
) -> None:
    """A new current version of the Grand Prix result: ``drivers`` in order, those in ``out`` not classified."""
    earlier = race.revisions.filter(session=Session.GRAND_PRIX)
    number = earlier.count() + 1
    earlier.update(is_current=False)
    revision = ResultRevision.objects.create(
        race=race,
        session=Session.GRAND_PRIX,
        number=number,
        source=ResultRevision.Source.MANUAL,
        digest=f"version {number}",
        created_at=race.starts_at + timedelta(hours=2, minutes=number),
    )
    team = TeamFactory()
    RaceResult.objects.bulk_create(
        RaceResult(
            revision=revision,
            race=race,
            session=Session.GRAND_PRIX,
            driver=driver,
            team=team,
            position=position,
            position_text="R" if driver in out else str(position),
            status="Retired" if driver in out else "Finished",
            dnf=driver in out,
            fastest_lap_rank=1 if driver == fastest else None,
        )
        for position, driver in enumerate(drivers, start=1)
    )
    Race.objects.filter(pk=race.pk).update(
        status=Race.Status.FINISHED, results_status=Race.Results.PROVISIONAL if number == 1 else Race.Results.REVISED
    )
