"""Password hashing for tests alone."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class CheapArgon2PasswordHasher(Argon2PasswordHasher):
    """The real hasher with the least work that the algorithm allows."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
