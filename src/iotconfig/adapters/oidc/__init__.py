"""Sign-in and tokens of an OpenID Connect provider (Authlib, joserfc, httpx)."""
