"""What the service answers, a module for each subject: each has `router(service) -> APIRouter`."""
